// Which codecs a destination is offered.
import type { Codecs, Destination, Platform, VideoCodec } from '../wire/types.ts';
import { wayOf } from './split_address.ts';

type View = Codecs['codecs'][number];

export interface CodecOffer {
  /** What platform and way take besides H.264, whether or not this machine can. */
  possible: VideoCodec[];
  /** What may be chosen: H.264, what works here, and what is chosen already. */
  choices: VideoCodec[];
  /** Taken there, and not to be had here. */
  lacking: { codec: VideoCodec; ability: Exclude<View['ability'], 'usable'> }[];
}

/** `abilities`: `null` while nothing is known of this machine. */
export function codecsFor(
  destination: Destination,
  platform: Platform | undefined,
  abilities: readonly View[] | null,
): CodecOffer {
  const possible = wayOf(destination.url) === 'rtmp' ? (platform?.codecs ?? []) : [];
  const seen = (abilities ?? []).filter(({ codec }) => possible.includes(codec));
  const works = new Set(seen.filter(({ ability }) => ability === 'usable').map(({ codec }) => codec));
  const all: VideoCodec[] = ['h264', 'hevc', 'av1'];
  return {
    possible,
    choices: all.filter((codec) => codec === 'h264' || codec === destination.codec || works.has(codec)),
    lacking: seen.flatMap(({ codec, ability }) => (ability === 'usable' ? [] : [{ codec, ability }])),
  };
}
