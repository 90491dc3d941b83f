import { expect, it, vi } from 'vitest';
import { latest } from '../src/state/latest.ts';

it('sends the first at once, the newest next, and nothing that was passed on the way', async () => {
  vi.useFakeTimers();
  const sent: number[] = [];
  let answer = (): void => undefined;
  const send = latest((value: number) => {
    sent.push(value);
    return new Promise<void>((resolve) => (answer = resolve));
  }, 100);
  [1, 2, 3].forEach(send);
  expect(sent).toEqual([1]);
  answer();
  await vi.advanceTimersByTimeAsync(99);
  expect(sent).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toEqual([1, 3]);
  answer();
  await vi.advanceTimersByTimeAsync(100);
  send(4);
  expect(sent).toEqual([1, 3, 4]);
  vi.useRealTimers();
});
