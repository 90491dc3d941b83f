// Which input the mute key works on: the one that somebody speaks into.
import type { ShowView, Source } from '../wire/types.ts';
import { soundOf } from './sound.ts';

const WITH_SOUND: ReadonlySet<Source['kind']['kind']> = new Set([
  'microphone',
  'desktop_audio',
  'test_tone',
  'file',
  'phone',
]);

export function hasSound(source: Source): boolean {
  return WITH_SOUND.has(source.kind.kind);
}

/**
 * A microphone, else an input whose role is speech, else any with sound. Among equals it stays with `before`: what is
 * added later never takes the key away from the one that it was on.
 */
export function voiceOf(show: ShowView, before: string): Source | undefined {
  const audible = Object.values(show.sources)
    .filter((source) => source !== undefined)
    .filter(hasSound);
  const microphones = audible.filter((source) => source.kind.kind === 'microphone');
  const speech = audible.filter((source) => soundOf(show, source.id).role === 'speech');
  const best = [microphones, speech, audible].find((group) => group.length > 0) ?? [];
  return best.find((source) => source.id === before) ?? best[0];
}
