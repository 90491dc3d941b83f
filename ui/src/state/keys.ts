// The keyboard: which key asks for what, and when a key belongs to what has the focus instead.

export type Action =
  | { kind: 'product'; index: number }
  | { kind: 'off_air' }
  | { kind: 'mute_mic' }
  | { kind: 'scene'; index: number }
  | { kind: 'pin_top' }
  | { kind: 'replay' }
  | { kind: 'find_product' }
  | { kind: 'go_live' };

export type ActionName =
  | `product_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`
  | 'off_air'
  | 'mute_mic'
  | `scene_${1 | 2 | 3 | 4}`
  | 'pin_top'
  | 'replay'
  | 'find_product'
  | 'go_live';

/** A chord in the form `Ctrl+L`, `F1`, `Space`, `7`. */
export type Chord = string;
export type KeyMap = Record<ActionName, Chord>;

export const DEFAULT_KEYS: KeyMap = {
  product_1: '1',
  product_2: '2',
  product_3: '3',
  product_4: '4',
  product_5: '5',
  product_6: '6',
  product_7: '7',
  product_8: '8',
  product_9: '9',
  off_air: '0',
  mute_mic: 'Space',
  scene_1: 'F1',
  scene_2: 'F2',
  scene_3: 'F3',
  scene_4: 'F4',
  pin_top: 'P',
  replay: 'R',
  find_product: 'F',
  go_live: 'Ctrl+L',
};

export const ACTION_NAMES = Object.keys(DEFAULT_KEYS) as ActionName[];

/** What of a keyboard event matters here. */
export interface Press {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
  repeat: boolean;
}

/** `null` for a press that names no chord: a modifier alone, a dead key, a key of a composition. */
export function chordOf(press: Press): Chord | null {
  // 229 is what an input method reports while it composes, also where isComposing comes too late.
  if (press.isComposing || press.keyCode === 229) return null;
  if (['Control', 'Shift', 'Alt', 'Meta', 'Dead', 'Process', 'Unidentified'].includes(press.key)) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  const letter = /^Key([A-Z])$/.exec(press.code)?.[1];
  const name = press.code === 'Space' ? 'Space' : (digit ?? letter ?? press.key);
  // The keypad without its lock moves the cursor; it names no digit then.
  if (digit !== undefined && press.code.startsWith('Numpad') && !/^\d$/.test(press.key)) return null;
  const mods = [
    press.ctrlKey || press.metaKey ? 'Ctrl' : '',
    press.altKey ? 'Alt' : '',
    press.shiftKey ? 'Shift' : '',
  ].filter((mod) => mod !== '');
  return [...mods, name.length === 1 ? name.toUpperCase() : name].join('+');
}

export function actionOf(name: ActionName): Action {
  const [kind, number] = [name.replace(/_\d$/, ''), Number(/_(\d)$/.exec(name)?.[1] ?? 0)];
  switch (kind) {
    case 'product':
      return { kind: 'product', index: number - 1 };
    case 'scene':
      return { kind: 'scene', index: number - 1 };
    case 'off_air':
      return { kind: 'off_air' };
    case 'mute_mic':
      return { kind: 'mute_mic' };
    case 'pin_top':
      return { kind: 'pin_top' };
    case 'find_product':
      return { kind: 'find_product' };
    case 'replay':
      return { kind: 'replay' };
    default:
      return { kind: 'go_live' };
  }
}

/** Where the focus stands, as far as keys care. */
export type Focus = 'nothing' | 'text' | 'control';

/** The action a press asks for. A held key asks once; text fields keep everything but Ctrl chords. */
export function actionFor(press: Press, focus: Focus, keys: KeyMap): Action | null {
  if (press.repeat) return null;
  const chord = chordOf(press);
  if (chord === null) return null;
  if (focus === 'text' && !chord.startsWith('Ctrl+')) return null;
  // A control reached with the keyboard is pressed with Space or Enter.
  if (focus === 'control' && (chord === 'Space' || chord === 'Enter')) return null;
  const name = ACTION_NAMES.find((candidate) => keys[candidate] === chord);
  return name === undefined ? null : actionOf(name);
}

const TEXT_TYPES = new Set(['text', 'search', 'url', 'password', 'number', 'email', 'tel', '']);

/** `byKeyboard`: whether the focus came there by a key; a clicked button does not keep the space bar. */
export function focusOf(element: Element | null, byKeyboard: boolean): Focus {
  if (element === null) return 'nothing';
  const tag = element.tagName;
  if (tag === 'TEXTAREA' || tag === 'SELECT' || (element as HTMLElement).isContentEditable) return 'text';
  if (tag === 'INPUT' && TEXT_TYPES.has((element as HTMLInputElement).type)) return 'text';
  const isControl =
    tag === 'BUTTON' ||
    tag === 'SUMMARY' ||
    tag === 'A' ||
    tag === 'INPUT' ||
    element.hasAttribute('tabindex');
  return isControl && byKeyboard ? 'control' : 'nothing';
}
