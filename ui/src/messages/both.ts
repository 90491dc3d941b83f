// Sentences for viewers, who get both languages whatever the page's own is.
import type { Text } from '../wire/types.ts';
import en from './en.json';
import { fill, type Values } from './fill.ts';
import type { MessageKey } from './text.ts';
import zh from './zh-CN.json';

/** The sentence of `key` in both languages, each with its own values. */
export function both(key: MessageKey, zhValues: Values, enValues: Values): Text {
  return { zh: fill(zh[key], zhValues, 'zh-CN'), en: fill(en[key], enValues, 'en') };
}
