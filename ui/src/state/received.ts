// Whether what viewers receive is good enough, and what is not.
import type { ReceiverView } from '../wire/types.ts';

export type Verdict = 'good' | 'warning' | 'alarm';

export interface Received {
  verdict: Verdict;
  /** What is not as it should be. */
  rate: Verdict;
  sound: Verdict;
}

/** Parts of the canvas's rate below which pictures are missed, and below which it is no video any more. */
const RATE_WARNING = 0.9;
const RATE_ALARM = 0.6;
/** Sound and picture of one moment: beyond the first the machine lags, the second no player buffers. */
const SOUND_WARNING_MS = 150;
const SOUND_ALARM_MS = 1000;
const RANK: readonly Verdict[] = ['good', 'warning', 'alarm'];

const beyond = (value: number, warning: number, alarm: number): Verdict =>
  value > alarm ? 'alarm' : value > warning ? 'warning' : 'good';

/** `fps`: what the canvas makes; `froze`: whether the picture stood still just now. */
export function judged(report: ReceiverView, fps: number, froze: boolean): Received {
  const missed = fps > 0 ? 1 - report.fps / fps : 0;
  const byRate = beyond(missed, 1 - RATE_WARNING, 1 - RATE_ALARM);
  const rate = froze && byRate === 'good' ? 'warning' : byRate;
  const sound = beyond(Math.abs(report.av_offset_ms ?? 0), SOUND_WARNING_MS, SOUND_ALARM_MS);
  const verdict = RANK.indexOf(rate) > RANK.indexOf(sound) ? rate : sound;
  return { verdict, rate, sound };
}
