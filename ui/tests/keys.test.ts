import { describe, expect, it } from 'vitest';
import { ACTION_NAMES, actionFor, chordOf, DEFAULT_KEYS, type Press } from '../src/state/keys.ts';

function press(code: string, key: string, more: Partial<Press> = {}): Press {
  return {
    key,
    code,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    isComposing: false,
    keyCode: 0,
    repeat: false,
    ...more,
  };
}

describe('keys', () => {
  it('name products by digit, on the row and on the keypad', () => {
    expect(actionFor(press('Digit3', '3'), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'product', index: 2 });
    expect(actionFor(press('Numpad9', '9'), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'product', index: 8 });
  });

  it('leave the keypad its arrows when its lock is off', () => {
    expect(actionFor(press('Numpad4', 'ArrowLeft'), 'nothing', DEFAULT_KEYS)).toBeNull();
  });

  it('save a replay with R, in capitals or not, but not while somebody types', () => {
    for (const key of ['r', 'R']) {
      expect(actionFor(press('KeyR', key), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'replay' });
    }
    expect(actionFor(press('KeyR', 'r'), 'text', DEFAULT_KEYS)).toBeNull();
  });

  it('know off air, mute, scenes, pin and going live', () => {
    expect(actionFor(press('Digit0', '0'), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'off_air' });
    expect(actionFor(press('Space', ' '), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'mute_mic' });
    expect(actionFor(press('F2', 'F2'), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'scene', index: 1 });
    expect(actionFor(press('KeyP', 'p'), 'nothing', DEFAULT_KEYS)).toEqual({ kind: 'pin_top' });
    expect(actionFor(press('KeyL', 'l', { ctrlKey: true }), 'nothing', DEFAULT_KEYS)).toEqual({
      kind: 'go_live',
    });
    expect(actionFor(press('KeyL', 'l', { metaKey: true }), 'nothing', DEFAULT_KEYS)).toEqual({
      kind: 'go_live',
    });
  });

  it('rest while an input method composes, also where only its key code tells', () => {
    expect(actionFor(press('Digit1', '1', { isComposing: true }), 'nothing', DEFAULT_KEYS)).toBeNull();
    expect(actionFor(press('Digit1', 'Process', { keyCode: 229 }), 'nothing', DEFAULT_KEYS)).toBeNull();
  });

  it('rest while somebody types, except chords with Ctrl', () => {
    expect(actionFor(press('Digit1', '1'), 'text', DEFAULT_KEYS)).toBeNull();
    expect(actionFor(press('Space', ' '), 'text', DEFAULT_KEYS)).toBeNull();
    expect(actionFor(press('KeyL', 'l', { ctrlKey: true }), 'text', DEFAULT_KEYS)).toEqual({
      kind: 'go_live',
    });
  });

  it('leave Space to a control reached with the keyboard, but not the digits', () => {
    expect(actionFor(press('Space', ' '), 'control', DEFAULT_KEYS)).toBeNull();
    expect(actionFor(press('Digit2', '2'), 'control', DEFAULT_KEYS)).toEqual({ kind: 'product', index: 1 });
  });

  it('ask once while they are held', () => {
    expect(actionFor(press('Space', ' ', { repeat: true }), 'nothing', DEFAULT_KEYS)).toBeNull();
  });

  it('do not take Ctrl+1 or Shift+1 for 1', () => {
    expect(actionFor(press('Digit1', '1', { ctrlKey: true }), 'nothing', DEFAULT_KEYS)).toBeNull();
    expect(actionFor(press('Digit1', '!', { shiftKey: true }), 'nothing', DEFAULT_KEYS)).toBeNull();
  });

  it('follow a changed map', () => {
    const keys = { ...DEFAULT_KEYS, mute_mic: 'M' };
    expect(actionFor(press('KeyM', 'm'), 'nothing', keys)).toEqual({ kind: 'mute_mic' });
    expect(actionFor(press('Space', ' '), 'nothing', keys)).toBeNull();
  });

  it('are all different', () => {
    expect(new Set(ACTION_NAMES.map((name) => DEFAULT_KEYS[name])).size).toBe(ACTION_NAMES.length);
  });

  it('give no chord for a modifier alone', () => {
    expect(chordOf(press('ControlLeft', 'Control', { ctrlKey: true }))).toBeNull();
  });
});
