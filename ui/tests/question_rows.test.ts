import { beforeAll, expect, it, vi } from 'vitest';
import type { perform as Perform } from '../src/state/actions.ts';
import { ASIDE_AFTER_MS, QuestionRows } from '../src/state/question_rows.svelte.ts';
import { STILL_MS } from '../src/state/steady.ts';
import type { Studio } from '../src/state/studio.svelte.ts';
import type { Command, QuestionView } from '../src/wire/types.ts';

let perform: typeof Perform;
beforeAll(async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('navigator', { language: 'zh-CN' });
  ({ perform } = await import('../src/state/actions.ts'));
});

const question = (id: number, by: string | null = null, state = 'open'): QuestionView =>
  ({
    id,
    message: `m${id}`,
    author: 'Wang',
    askers: 2,
    since: 0,
    product: null,
    text: `Question ${id}`,
    state,
    claim: by === null ? null : { by, at: 0 },
  }) as QuestionView;

/** A page of the studio, as far as its questions go. */
function world() {
  const known = {
    questions: null as Studio['questions'],
    localNow: 0,
    now: 0,
    show: null as { on_air: { product: string } | null; pinned: { message: string } | null } | null,
    isTeam: true,
    name: 'Li',
  };
  const rows = new QuestionRows(known);
  const pinned: string[] = [];
  const run = (command: Command): Promise<boolean> => {
    if (command.do === 'pin_question') pinned.push(command.message);
    return Promise.resolve(true);
  };
  const page = { rows, show: { pinned: null }, run } as unknown as Studio;
  const ranked = (now: number, ...questions: QuestionView[]): number[] => {
    known.questions = { questions, open: questions.length };
    known.localNow = now;
    return rows.shown.map(({ id }) => id);
  };
  const pressPin = (): string | undefined => {
    perform(page, { kind: 'pin_top' });
    return pinned.pop();
  };
  return { known, rows, ranked, pressPin };
}

it('pins by the key what stands first on the page, not what is ranked first this moment', () => {
  const { rows, ranked, pressPin } = world();
  const [a, b] = [question(1), question(2)];
  expect(ranked(10_000, a, b)).toEqual([1, 2]);
  rows.touch();
  expect(ranked(10_500, b, a)).toEqual([1, 2]);
  expect(pressPin()).toBe('m1');
  // What was answered leaves at once.
  expect(ranked(10_600, b, question(1, null, 'answered'))).toEqual([2]);
  expect(pressPin()).toBe('m2');
  expect(ranked(10_700, a, b)).toEqual([2, 1]);
  expect(ranked(10_000 + STILL_MS, a, b)).toEqual([1, 2]);
  expect(pressPin()).toBe('m1');
  expect(ranked(20_000)).toEqual([]);
  expect(pressPin()).toBeUndefined();
});

it('goes by whose questions are listed, where there are others to share them with', () => {
  const { known, rows, ranked, pressPin } = world();
  const all = [question(1, 'Chen'), question(2, 'Li'), question(3)];
  rows.chosen = 'mine';
  expect(ranked(0, ...all)).toEqual([2]);
  expect(pressPin()).toBe('m2');
  rows.chosen = 'free';
  expect(ranked(10, ...all)).toEqual([3]);
  expect(pressPin()).toBe('m3');
  // Alone nobody can choose, and nothing is left out.
  known.isTeam = false;
  expect(ranked(STILL_MS, ...all)).toEqual([1, 2, 3]);
  expect(pressPin()).toBe('m1');
});

it('folds what one person asked long ago behind the others, and nothing under a thumb', () => {
  const { known, rows, ranked, pressPin } = world();
  const single = (id: number, more: Partial<QuestionView> = {}): QuestionView => ({
    ...question(id),
    askers: 1,
    ...more,
  });
  const parted = (): [number[], number[]] => {
    const { near, aside } = rows.parted;
    return [near.map(({ id }) => id), aside.map(({ id }) => id)];
  };
  known.now = ASIDE_AFTER_MS;
  known.show = { on_air: { product: 'pear' }, pinned: { message: 'm7' } };
  const all = [
    single(1),
    single(2, { product: 'apple' }),
    question(3),
    single(4),
    single(5, { since: 1 }),
    single(6, { product: 'pear' }),
    single(7),
    { ...question(8, 'Chen'), askers: 1 },
  ];
  expect(ranked(10_000, ...all)).toEqual([3, 5, 6, 7, 8, 1, 2, 4]);
  expect(parted()).toEqual([
    [3, 5, 6, 7, 8],
    [1, 2, 4],
  ]);
  expect(pressPin()).toBe('m3');
  // A row under a thumb stays where it is when its time comes.
  rows.touch();
  known.show = null;
  known.now += 1;
  ranked(10_100, ...all);
  expect(parted()[1]).toEqual([1, 2, 4]);
  ranked(14_000, ...all);
  expect(parted()[1]).toEqual([1, 2, 4, 5, 6, 7]);
  // Where they are all there is, or few, they are no others.
  ranked(18_000, single(1), single(2), single(4));
  expect(parted()).toEqual([[1, 2, 4], []]);
  ranked(22_000, question(3), single(1), single(2));
  expect(parted()).toEqual([[3, 1, 2], []]);
  rows.chosen = 'free';
  ranked(26_000, ...all);
  expect(parted()[1]).toEqual([]);
});
