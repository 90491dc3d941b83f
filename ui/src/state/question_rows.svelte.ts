// The open questions in the order in which they are shown: what is pinned by a key is what stands first on the page.
import type { QuestionsView, QuestionView } from '../wire/types.ts';
import { ofWhom, type Whose } from './claims.ts';
import { Steady } from './steady.ts';

/** What is known of the questions and of who looks at them. */
interface Known {
  readonly questions: QuestionsView | null;
  /** The page's clock, ms. */
  readonly localNow: number;
  readonly isTeam: boolean;
  readonly name: string;
}

/** Questions that wait, as they are ranked now. */
export function openQuestions(questions: QuestionsView | null): QuestionView[] {
  return questions?.questions.filter((question) => question.state === 'open') ?? [];
}

export class QuestionRows {
  /** What was chosen, also while another tab is looked at. */
  chosen: Whose = $state('all');
  /** They are ranked anew all the time; whoever aims at one finds it where it was. */
  private readonly steady = new Steady<number>();

  constructor(private readonly known: Known) {}

  /** Whose are listed; of whoever works alone all. */
  get whose(): Whose {
    return this.known.isTeam ? this.chosen : 'all';
  }

  /** As they stand on the page; asked twice at one moment it says the same. */
  get shown(): QuestionView[] {
    const { questions, localNow, name } = this.known;
    const ranked = ofWhom(openQuestions(questions), this.whose, name);
    const order = this.steady.of(
      ranked.map(({ id }) => id),
      localNow,
    );
    return order.flatMap((id) => ranked.find((question) => question.id === id) ?? []);
  }

  /** Somebody is at the list. */
  touch(): void {
    this.steady.touch(this.known.localNow);
  }
}
