import { expect, it } from 'vitest';
import { judged } from '../src/state/received.ts';
import type { ReceiverView } from '../src/wire/types.ts';

const report = (more: Partial<ReceiverView>): ReceiverView => ({
  state: 'receiving',
  width: 1280,
  height: 720,
  fps: 30,
  video_kbps: 2500,
  audio_kbps: 128,
  keyframe_s: 2,
  audio_codec: 'aac',
  sample_rate: 48000,
  channels: 2,
  peak_db: -12,
  delay_ms: 600,
  freezes: 0,
  longest_freeze_ms: 0,
  av_offset_ms: 0,
  ...more,
});

it('a full rate with sound in time is good, whatever froze long ago', () => {
  expect(judged(report({ fps: 29.9, freezes: 17 }), 30, false).verdict).toBe('good');
  expect(judged(report({ fps: 24.8 }), 25, false).verdict).toBe('good');
});

it('too few pictures are a warning, and far too few an alarm', () => {
  expect(judged(report({ fps: 26 }), 30, false)).toMatchObject({ verdict: 'warning', rate: 'warning' });
  expect(judged(report({ fps: 5 }), 30, false)).toMatchObject({ verdict: 'alarm', rate: 'alarm' });
});

it('a picture that stood still just now is a warning', () => {
  expect(judged(report({}), 30, true).verdict).toBe('warning');
});

it('sound that players buffer away is no news, and where none does an alarm that blames no slow computer', () => {
  expect(judged(report({ av_offset_ms: -196 }), 30, false).verdict).toBe('good');
  expect(judged(report({ av_offset_ms: 1000 }), 30, false).verdict).toBe('good');
  expect(judged(report({ av_offset_ms: -1200 }), 30, false)).toEqual({
    verdict: 'alarm',
    rate: 'good',
    sound: 'alarm',
  });
  expect(judged(report({ fps: 5, av_offset_ms: 196 }), 30, false)).toMatchObject({ sound: 'good' });
  expect(judged(report({ av_offset_ms: null }), 30, false).verdict).toBe('good');
});
