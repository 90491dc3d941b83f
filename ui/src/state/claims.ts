// Who sees to which question.
import type { QuestionView } from '../wire/types.ts';

/** Which questions are listed. */
export type Whose = 'all' | 'mine' | 'free';

/** The questions of those that are asked for; `name` is whoever looks. */
export function ofWhom(questions: readonly QuestionView[], whose: Whose, name: string): QuestionView[] {
  return questions.filter(({ claim }) =>
    whose === 'all' ? true : whose === 'mine' ? claim?.by === name : claim === null,
  );
}
