// Whether what viewers receive is good enough, and what is not.
import type { ReceiverView } from '../wire/types.ts';

export type Verdict = 'good' | 'warning' | 'alarm';

export interface Received {
  verdict: Verdict;
  /** Too few pictures: the computer is too slow. */
  rate: Verdict;
  /** Sound too far from its picture, which has other causes, too. */
  sound: Verdict;
}

/** Parts of the canvas's rate below which pictures are missed, and below which it is no video any more. */
const RATE_WARNING = 0.9;
const RATE_ALARM = 0.6;
/** Sound and picture of one moment: a player buffers a few tenths of a second away; more than this none does. */
const SOUND_ALARM_MS = 1000;
const RANK: readonly Verdict[] = ['good', 'warning', 'alarm'];

const beyond = (value: number, warning: number, alarm: number): Verdict =>
  value > alarm ? 'alarm' : value > warning ? 'warning' : 'good';

/** `fps`: what the canvas makes; `froze`: whether the picture stood still just now. */
export function judged(report: ReceiverView, fps: number, froze: boolean): Received {
  const missed = fps > 0 ? 1 - report.fps / fps : 0;
  const byRate = beyond(missed, 1 - RATE_WARNING, 1 - RATE_ALARM);
  const rate = froze && byRate === 'good' ? 'warning' : byRate;
  const sound = beyond(Math.abs(report.av_offset_ms ?? 0), SOUND_ALARM_MS, SOUND_ALARM_MS);
  const verdict = RANK.indexOf(rate) > RANK.indexOf(sound) ? rate : sound;
  return { verdict, rate, sound };
}
