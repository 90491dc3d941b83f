// What this page remembers on this machine: language, theme, keys, what was dismissed.
import { DEFAULT_KEYS, type KeyMap } from './keys.ts';

export type Lang = 'zh-CN' | 'en';
export type Theme = 'dark' | 'light' | 'sunlight';
export const THEMES: readonly Theme[] = ['dark', 'light', 'sunlight'];

const STORED = 'stallcast.prefs';

interface Stored {
  lang: Lang;
  theme: Theme;
  keys: KeyMap;
  fadeMs: number;
  cut: boolean;
  guideSeen: boolean;
  /** How long the next break is, and what its notice says; empty = the theme's words. */
  breakMinutes: number;
  breakWords: string;
  /** How large the prompter's words are, percent, and whether it is read in a glass. */
  prompterSize: number;
  prompterMirrored: boolean;
  /** The input that the mute key was on last; empty before there was one. */
  voice: string;
}

function defaults(): Stored {
  const prefersLight = matchMedia('(prefers-color-scheme: light)').matches;
  return {
    lang: navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh-CN',
    theme: prefersLight ? 'light' : 'dark',
    keys: DEFAULT_KEYS,
    fadeMs: 300,
    cut: false,
    guideSeen: false,
    // As long as it takes to drink something and fetch the next crate.
    breakMinutes: 5,
    breakWords: '',
    prompterSize: 100,
    prompterMirrored: false,
    voice: '',
  };
}

function load(): Stored {
  const base = defaults();
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<Stored>;
    return { ...base, ...stored, keys: { ...base.keys, ...stored.keys } };
  } catch {
    // Unreadable or forbidden storage: the defaults serve.
    return base;
  }
}

export const prefs: Stored = $state(load());

/** Keeps the choice and puts it on the document. */
export function keepPrefs(): void {
  document.documentElement.lang = prefs.lang;
  document.documentElement.dataset.theme = prefs.theme;
  try {
    localStorage.setItem(STORED, JSON.stringify(prefs));
  } catch {
    // A full or forbidden storage costs only the memory of the choice.
  }
}

/** Studio and prompter are windows of the same page: what one chooses, the other has. */
export function followPrefs(): () => void {
  const follow = (event: StorageEvent): void => {
    if (event.key === STORED) Object.assign(prefs, load());
  };
  addEventListener('storage', follow);
  return () => removeEventListener('storage', follow);
}
