import { expect, it } from 'vitest';
import { InTurn } from '../src/state/in_turn.svelte.ts';

it('sends what is pressed meanwhile in its turn, and shows the last press until it is done', async () => {
  const turn = new InTurn<string>();
  const sent: string[] = [];
  const answers: ((done: boolean) => void)[] = [];
  const press = (what: string, wanted: string): Promise<boolean> =>
    turn.run(what, wanted, () => {
      sent.push(wanted);
      return new Promise((resolve) => answers.push(resolve));
    });
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  const all = [press('ad', 'mark'), press('ad', 'hold'), press('lure', 'off')];
  await settled();
  expect(sent).toEqual(['mark']);
  expect([turn.asked('ad'), turn.asked('lure'), turn.asked('flood')]).toEqual(['hold', 'off', null]);
  // A refusal keeps no later press back, and the later one goes on being seen.
  answers[0]?.(false);
  await settled();
  expect(sent).toEqual(['mark', 'hold']);
  expect(turn.asked('ad')).toBe('hold');
  answers[1]?.(true);
  await settled();
  expect([turn.asked('ad'), turn.asked('lure')]).toEqual([null, 'off']);
  answers[2]?.(true);
  expect(await Promise.all(all)).toEqual([false, true, true]);
  expect(turn.asked('lure')).toBeNull();
});

it('goes on after a deed that broke', async () => {
  const turn = new InTurn<number>();
  const broken = turn.run('a', 1, () => Promise.reject(new Error('gone')));
  const next = turn.run('a', 2, () => Promise.resolve(true));
  await expect(broken).rejects.toThrow('gone');
  expect(await next).toBe(true);
});
