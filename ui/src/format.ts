// Numbers, money and times as people of the page's language write them.
import type { Money, Text } from './wire/types.ts';
import type { Lang } from './state/prefs.svelte.ts';

const formatters = new Map<string, Intl.NumberFormat>();

function number(lang: Lang, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = lang + JSON.stringify(options);
  let made = formatters.get(key);
  if (made === undefined) {
    made = new Intl.NumberFormat(lang, options);
    formatters.set(key, made);
  }
  return made;
}

/** `¥29.9` in Chinese, `¥29.90` in English; whole amounts without decimals in both. */
export function money(amount: Money, lang: Lang): string {
  const style = { style: 'currency', currency: amount.currency, currencyDisplay: 'narrowSymbol' } as const;
  try {
    const digits = number(lang, style).resolvedOptions().maximumFractionDigits ?? 2;
    const value = amount.minor / 10 ** digits;
    const least = Number.isInteger(value) || lang === 'zh-CN' ? 0 : digits;
    return number(lang, { ...style, minimumFractionDigits: least, maximumFractionDigits: digits }).format(
      value,
    );
  } catch {
    // A code that Intl does not know is shown as it came.
    return `${amount.minor / 100} ${amount.currency}`;
  }
}

/** The text in the page's language, else in the other. */
export function textOf(text: Text, lang: Lang): string {
  const [first, second] = lang === 'zh-CN' ? [text.zh, text.en] : [text.en, text.zh];
  return first === '' ? second : first;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `00:42:17`, always with hours: the show's clock. */
export function clock(seconds: number): string {
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `2:31`, with hours only where there are any: countdowns and plans. */
export function minutes(seconds: number): string {
  const rest = `${two(seconds % 60)}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${rest}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${rest}`;
}

export function decimal(value: number, lang: Lang, digits = 1): string {
  return number(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

export function whole(value: number, lang: Lang): string {
  return number(lang, { maximumFractionDigits: 0 }).format(value);
}

/** `3.1 Mbit/s`, `128 kbit/s`. */
export function bitrate(kbps: number, lang: Lang): string {
  return kbps >= 1000 ? `${decimal(kbps / 1000, lang)} Mbit/s` : `${whole(kbps, lang)} kbit/s`;
}

/** `1.2 GB`, decimal units as disks are sold. */
export function bytes(count: number, lang: Lang): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit < 2 || value >= 100 ? whole(value, lang) : decimal(value, lang)} ${units[unit]}`;
}

/** `-12.0 dB`, with a true minus; `-∞` below what a meter shows. */
export function decibels(db: number, lang: Lang, digits = 1): string {
  if (db <= -60) return '−∞ dB';
  const shown = decimal(Math.abs(db), lang, digits);
  const sign = Number(Math.abs(db).toFixed(digits)) === 0 ? '' : db < 0 ? '−' : '+';
  return `${sign}${shown} dB`;
}

/** Day, month, year, hour and minute. */
export function fullMoment(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, {
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
  }).format(at);
}

/** `November 22 at 21:43`: a moment that may lie before today. */
export function dayAndTime(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, {
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

/** `20:47`: a moment of today. */
export function hourOf(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

/** `14:03:22` of a moment. */
export function timeOfDay(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  }).format(at);
}

/** `A、B和C` / `A, B and C`. */
export function listOf(items: readonly string[], lang: Lang): string {
  return new Intl.ListFormat(lang, { type: 'conjunction' }).format(items);
}
