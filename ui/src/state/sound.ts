// What the page knows of the sound: the words for its loudness, and how a source is treated.
import type { ShowView, Sound } from '../wire/types.ts';

/** As the engine refuses more. */
export const DELAY_MAX_MS = 1000;
export const DUCKING_MIN_DB = -40;

/** What streaming platforms play at: they turn louder shows down and leave quieter ones quiet. */
export const TARGET_LUFS = { least: -16, most: -14 } as const;
/** Outside the target by less than this a viewer notices nothing. */
const TOLERANCE_LU = 2;
const SILENT_LUFS = -60;

export type LoudnessWord = 'silent' | 'quiet' | 'good' | 'loud';

export function loudnessWord(lufs: number): LoudnessWord {
  if (lufs <= SILENT_LUFS) return 'silent';
  if (lufs < TARGET_LUFS.least - TOLERANCE_LU) return 'quiet';
  return lufs > TARGET_LUFS.most + TOLERANCE_LU ? 'loud' : 'good';
}

const USUAL: Sound = { role: 'other', delay_ms: 0, noise: 'off' };

export function soundOf(show: ShowView | null, source: string): Sound {
  return show?.sounds[source] ?? USUAL;
}
