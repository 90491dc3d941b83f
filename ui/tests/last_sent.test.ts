import { expect, it } from 'vitest';
import { LastSent } from '../src/state/last_sent.svelte.ts';

it('builds upon what the engine took until the engine tells of it, or of something later', () => {
  const last = new LastSent<{ ad: string; lure: string }>();
  const old = { ad: 'off', lure: 'off' };
  expect(last.newest(old, 4)).toBe(old);

  // Taken, and not told: the next press must not undo it, whatever older state comes meanwhile.
  last.keep({ ...last.newest(old, 4), ad: 'hold' }, 6);
  expect(last.newest(old, 4)).toEqual({ ad: 'hold', lure: 'off' });
  last.keep({ ...last.newest(old, 5), lure: 'mark' }, 8);
  expect(last.newest(old, 5)).toEqual({ ad: 'hold', lure: 'mark' });
  expect(last.newest({ ad: 'hold', lure: 'off' }, 6)).toEqual({ ad: 'hold', lure: 'mark' });

  // From then on it is what the engine says, also where somebody else was later.
  const told = { ad: 'hold', lure: 'mark' };
  expect(last.newest(told, 8)).toBe(told);
  const others = { ad: 'off', lure: 'mark' };
  expect(last.newest(others, 9)).toBe(others);
});
