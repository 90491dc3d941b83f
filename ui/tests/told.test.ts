import { expect, it } from 'vitest';
import { isTold } from '../src/state/told.ts';
import type { Notice } from '../src/wire/types.ts';

const mended = (file: string, at = 7): Notice => ({
  level: 'info',
  key: 'notice.recording_mended',
  params: { file, seconds: '12' },
  at,
});

it('a notice that comes again with the next connection is no news, another of its kind is', () => {
  const log = [mended('a.mp4')];
  expect(isTold(log, mended('a.mp4'))).toBe(true);
  expect(isTold(log, mended('b.mp4'))).toBe(false);
  expect(isTold(log, mended('a.mp4', 8))).toBe(false);
  expect(isTold([], mended('a.mp4'))).toBe(false);
});
