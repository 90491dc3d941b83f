import { expect, it } from 'vitest';
import { MockQuestions } from '../dev/mock_questions.ts';
import { follow, SWIPE_PX } from '../src/parts/swipe.ts';
import { ofWhom } from '../src/state/claims.ts';

it('lists all questions, one’s own, or those that nobody has', () => {
  const { questions } = new MockQuestions(0, ['a', 'b', 'c'], false, '小李').view();
  const open = questions.filter((question) => question.state === 'open');
  const ids = (whose: Parameters<typeof ofWhom>[1], name: string) =>
    ofWhom(open, whose, name).map(({ id }) => id);
  expect(ids('all', '小李')).toEqual([1, 2, 3, 4, 5]);
  expect(ids('mine', '小李')).toEqual([3]);
  expect(ids('mine', '王芳')).toEqual([2]);
  expect(ids('free', '小李')).toEqual([1, 4, 5]);
});

it('follows the thumb as far as it counts, and slower beyond', () => {
  expect(follow(40)).toBe(40);
  expect(follow(-SWIPE_PX)).toBe(-SWIPE_PX);
  expect(follow(SWIPE_PX + 100)).toBe(SWIPE_PX + 25);
});
