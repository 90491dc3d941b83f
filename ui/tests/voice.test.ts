import { describe, expect, it } from 'vitest';
import { voiceOf } from '../src/state/voice.ts';
import type { ShowView, Source, SourceKind } from '../src/wire/types.ts';
import { demoShow } from '../dev/demo.ts';

/** A show with these inputs, in the order in which the engine tells of them. */
function showOf(kinds: Record<string, SourceKind>, speech: readonly string[] = []): ShowView {
  const show = demoShow(0);
  show.sources = Object.fromEntries(
    Object.entries(kinds).map(([id, kind]): [string, Source] => [id, { id, name: id, kind }]),
  );
  show.sounds = Object.fromEntries(speech.map((id) => [id, { role: 'speech', delay_ms: 0, noise: 'off' }]));
  return show;
}

const mic: SourceKind = { kind: 'microphone', device: null };
const file: SourceKind = { kind: 'file', path: '/a.mp4' };
const phone: SourceKind = { kind: 'phone', over: 'rtmp' };
const camera: SourceKind = { kind: 'camera', device: null };

describe('the mute key', () => {
  it('works on a microphone, else on what speaks, else on what sounds', () => {
    expect(voiceOf(showOf({ file, mic, phone }, ['phone']), '')?.id).toBe('mic');
    expect(voiceOf(showOf({ file, phone }, ['phone']), '')?.id).toBe('phone');
    expect(voiceOf(showOf({ camera, file }), '')?.id).toBe('file');
    expect(voiceOf(showOf({ camera }), '')).toBeUndefined();
  });

  it('stays where it was when something was added, whatever comes first by its name', () => {
    expect(voiceOf(showOf({ a_file: file, orchard: file }), 'orchard')?.id).toBe('orchard');
    expect(voiceOf(showOf({ a_mic: mic, mic }), 'mic')?.id).toBe('mic');
    expect(voiceOf(showOf({ a_phone: phone, phone }, ['a_phone', 'phone']), 'phone')?.id).toBe('phone');
  });

  it('goes over to what speaks, and leaves what is gone', () => {
    expect(voiceOf(showOf({ orchard: file, phone }, ['phone']), 'orchard')?.id).toBe('phone');
    expect(voiceOf(showOf({ phone, mic }, ['phone']), 'phone')?.id).toBe('mic');
    expect(voiceOf(showOf({ file }), 'orchard')?.id).toBe('file');
  });
});
