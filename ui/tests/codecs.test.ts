import { expect, test } from 'vitest';
import { codecsFor } from '../src/settings/codecs.ts';
import { platformsOf } from '../src/settings/platforms.ts';
import type { Codecs, Destination } from '../src/wire/types.ts';

const [youtube, twitch] = platformsOf([
  { id: 'youtube', codecs: [{ codec: 'hevc', certainty: 'vendor' }, { codec: 'av1' }, { codec: 'vvc' }] },
  { id: 'twitch' },
]);
const HERE: Codecs['codecs'] = [
  { codec: 'hevc', ability: 'usable', encoder: 'x265enc' },
  { codec: 'av1', ability: 'unusable', encoder: '' },
];

function destination(more: Partial<Destination>): Destination {
  return {
    id: 'd',
    platform: 'youtube',
    name: 'd',
    url: 'rtmps://host/live',
    enabled: true,
    priority: 'normal',
    canvas: 'landscape',
    codec: 'h264',
    ...more,
  };
}

test('a codec is offered where the platform takes it and this machine can', () => {
  const offer = codecsFor(destination({}), youtube, HERE);
  expect(offer.possible).toEqual(['hevc', 'av1']);
  expect(offer.choices).toEqual(['h264', 'hevc']);
  expect(offer.lacking).toEqual([{ codec: 'av1', ability: 'unusable' }]);
});

test('while nothing is known only H.264 and what is chosen already are offered', () => {
  expect(codecsFor(destination({}), youtube, null).choices).toEqual(['h264']);
  expect(codecsFor(destination({ codec: 'av1' }), youtube, null).choices).toEqual(['h264', 'av1']);
});

test('a platform that takes none and a way that carries none offer none', () => {
  expect(codecsFor(destination({}), twitch, HERE).possible).toEqual([]);
  expect(codecsFor(destination({}), undefined, HERE).possible).toEqual([]);
  expect(codecsFor(destination({ url: 'srt://host:9000' }), youtube, HERE).possible).toEqual([]);
  expect(codecsFor(destination({ url: 'https://host/whip' }), youtube, HERE).choices).toEqual(['h264']);
});
