// What the canvases that are on give out: pictures from an encoder, and recordings.
import type { EncoderStatus, RecordingStatus, StatusView } from '../wire/types.ts';

type Outputs = Pick<StatusView, 'canvases'>;

/** The encoders at work, landscape's first. */
export function encodersOf(status: Outputs | null): EncoderStatus[] {
  return (status?.canvases ?? []).flatMap(({ encoder }) => (encoder === null ? [] : [encoder]));
}

/** The recordings that run or wait to go on, landscape's first. */
export function recordingsOf(status: Outputs | null): RecordingStatus[] {
  return (status?.canvases ?? []).flatMap(({ recording }) => (recording === null ? [] : [recording]));
}
