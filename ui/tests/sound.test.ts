import { describe, expect, it } from 'vitest';
import { loudnessWord, soundOf } from '../src/state/sound.ts';
import { demoShow } from '../dev/demo.ts';

describe('the word for the loudness', () => {
  it('is good around the target and says which side is left', () => {
    expect([-100, -60, -30, -18.1, -18, -15, -12, -11.9, -3].map(loudnessWord)).toEqual([
      'silent',
      'silent',
      'quiet',
      'quiet',
      'good',
      'good',
      'good',
      'loud',
      'loud',
    ]);
  });
});

describe('how a source is treated', () => {
  it('is what the engine says, and plain before it has said anything', () => {
    const show = demoShow(0);
    show.sounds = { mic: { role: 'speech', delay_ms: 120, noise: 'on' } };
    expect(soundOf(show, 'mic').delay_ms).toBe(120);
    expect(soundOf(show, 'none')).toEqual({ role: 'other', delay_ms: 0, noise: 'off' });
    expect(soundOf(null, 'mic').role).toBe('other');
  });
});
