import { describe, expect, it } from 'vitest';
import { bitrate, bytes, clock, dayAndTime, decibels, minutes, money, textOf } from '../src/format.ts';
import { freshId } from '../src/settings/fresh_id.ts';
import { baseOf, fromFragment } from '../src/host/browser.ts';
import { parseFrame } from '../src/wire/preview.ts';

describe('writing for people', () => {
  it('writes prices as the language does', () => {
    expect(money({ minor: 2990, currency: 'CNY' }, 'zh-CN')).toBe('¥29.9');
    expect(money({ minor: 2990, currency: 'CNY' }, 'en')).toBe('¥29.90');
    expect(money({ minor: 5900, currency: 'CNY' }, 'en')).toBe('¥59');
    expect(money({ minor: 1980, currency: 'JPY' }, 'en')).toBe('¥1,980');
    expect(money({ minor: 1234, currency: 'nonsense' }, 'en')).toBe('12.34 nonsense');
  });

  it('writes a moment that may lie before today with its day', () => {
    const at = new Date(2026, 10, 22, 0, 43).getTime();
    expect(dayAndTime(at, 'en')).toBe('November 22 at 00:43');
    expect(dayAndTime(at, 'zh-CN')).toBe('11月22日 00:43');
  });

  it('writes clocks that do not change their width', () => {
    expect(clock(2537)).toBe('00:42:17');
    expect(minutes(151)).toBe('2:31');
    expect(minutes(3600)).toBe('1:00:00');
  });

  it('writes rates, sizes and levels with their unit', () => {
    expect(bitrate(3120, 'en')).toBe('3.1 Mbit/s');
    expect(bitrate(128, 'en')).toBe('128 kbit/s');
    expect(bytes(1_234_000_000, 'en')).toBe('1.2 GB');
    expect(decibels(-18.5, 'en')).toBe('−18.5 dB');
    expect(decibels(0, 'en')).toBe('0.0 dB');
    expect(decibels(-80, 'en')).toBe('−∞ dB');
  });

  it('falls back to the other language where a text is empty', () => {
    expect(textOf({ zh: '', en: 'Pears' }, 'zh-CN')).toBe('Pears');
  });
});

describe('small things', () => {
  it('finds an id that nobody has', () => {
    expect(freshId('youtube', [])).toBe('youtube');
    expect(freshId('youtube', ['youtube', 'youtube-2'])).toBe('youtube-3');
  });

  it('reads a token and takes a page for no token', () => {
    expect(fromFragment('#token=abc%2B1', 'token')).toBe('abc+1');
    expect(fromFragment('#settings/chat', 'token')).toBeNull();
    expect(fromFragment('', 'token')).toBeNull();
  });

  it('finds what it asks for beside itself, at the studio and in a folder of a relay', () => {
    expect(baseOf('http://192.168.1.7:4480/#join=abc')).toBe('http://192.168.1.7:4480');
    expect(baseOf('http://127.0.0.1:4460/?a=b#settings/chat')).toBe('http://127.0.0.1:4460');
    expect(baseOf('https://relay.example/team/room/#join=abc')).toBe('https://relay.example/team/room');
  });

  it('reads a preview frame and refuses other bytes', () => {
    const bytes = new Uint8Array(20);
    bytes.set([0x53, 0x43, 0x50, 0x31, 7, 0, 0, 0]);
    new DataView(bytes.buffer).setFloat64(8, 1234.5, true);
    const frame = parseFrame(bytes.buffer);
    expect(frame).toMatchObject({ seq: 7, ptsMs: 1234.5 });
    expect(frame?.jpeg).toHaveLength(4);
    bytes[0] = 0;
    expect(parseFrame(bytes.buffer)).toBeNull();
    expect(parseFrame(new ArrayBuffer(8))).toBeNull();
  });
});
