// Sentences from keys and values.
import en from './en.json';
import zh from './zh-CN.json';
import { prefs, type Lang } from '../state/prefs.svelte.ts';
import { fill, type Values } from './fill.ts';

export type MessageKey = keyof typeof zh & keyof typeof en;

const CATALOGUES: Record<Lang, Record<string, string>> = { 'zh-CN': zh, en };

/** The sentence of `key` in the page's language; reactive where it is read in a template. */
export function t(key: MessageKey, values: Values = {}): string {
  return fill(CATALOGUES[prefs.lang][key] ?? key, values, prefs.lang);
}

/** For keys that come over the wire: the sentence, or that of `otherwise` with the bare key as `{code}`. */
export function tWire(key: string, values: Values, otherwise: MessageKey): string {
  const sentence = CATALOGUES[prefs.lang][key];
  if (sentence !== undefined) return fill(sentence, values, prefs.lang);
  return t(otherwise, { ...values, code: key });
}

export function hasMessage(key: string): key is MessageKey {
  return key in CATALOGUES[prefs.lang];
}
