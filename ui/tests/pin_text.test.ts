import { describe, expect, it } from 'vitest';
import { pinText } from '../src/state/pin_text.ts';

describe('the words of a pinned question', () => {
  it('are the whole line where it fits', () => {
    expect(pinText('多少钱？')).toBe('多少钱？');
    expect(pinText('🍑'.repeat(200))).toBe('🍑'.repeat(200));
  });

  it('end in an ellipsis where it is too long, in any script', () => {
    for (const letter of ['问', 'a', '🍑']) {
      const text = pinText(letter.repeat(201));
      expect([...text]).toHaveLength(200);
      expect(text.endsWith(`${letter}…`)).toBe(true);
    }
    expect(pinText('word '.repeat(60)).endsWith('word…')).toBe(true);
  });
});
