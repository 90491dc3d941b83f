// What people type, and values of it: amounts, times, moments, counts, addresses. Money stays exact: it is cut out of the
// text, never counted with fractions.
import type { Money } from '../wire/types.ts';

/** Decimals of a currency, for example 2 for CNY and none for JPY. */
function digitsOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** `29.9` of 2990 fen. */
export function amountText(money: Money): string {
  const digits = digitsOf(money.currency);
  const all = String(money.minor).padStart(digits + 1, '0');
  const fraction = all.slice(all.length - digits).replace(/0+$/, '');
  const whole = all.slice(0, all.length - digits);
  return digits === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Numbers as people type them, full-width ones included. */
export const plain = (text: string): string => text.normalize('NFKC').replace(/\s/g, '');

/** What people write around an amount: the sign or name of its currency. */
const AROUND = /^(?:[¥$€£￥]|rmb|人民币)|(?:[¥$€£￥]|元|块钱?|圆)$/gi;
/** Thousands apart, as spreadsheets write them: three digits in every group. A fraction never has three digits here. */
const GROUPED = /^(\d{1,3}(?:,\d{3})+)(\.\d*)?$/;

/** The exact amount; `null` where it cannot be read. */
export function amountOf(text: string, currency: string): Money | null {
  const digits = digitsOf(currency);
  const code = /^[A-Z]{3}$/.test(currency) ? new RegExp(`^${currency}|${currency}$`, 'gi') : '';
  const bare = plain(text).replace(AROUND, '').replace(code, '');
  const grouped = digits < 3 ? GROUPED.exec(bare) : null;
  const typed = grouped === null ? bare : `${grouped[1]?.replaceAll(',', '')}${grouped[2] ?? ''}`;
  const parts = /^(\d{1,12})(?:[.,](\d*))?$/.exec(typed);
  const fraction = parts?.[2] ?? '';
  if (parts === null || fraction.length > digits) return null;
  return { minor: Number(`${parts[1]}${fraction.padEnd(digits, '0')}`), currency };
}

/** `1:30` of 90 seconds. */
export function spanText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Seconds of `1:30`, or of a number of minutes; `null` where it cannot be read. */
export function spanOf(text: string): number | null {
  const typed = plain(text);
  const clock = /^(\d{1,4}):([0-5]?\d)$/.exec(typed);
  if (clock !== null) return Number(clock[1]) * 60 + Number(clock[2]);
  const minutes = /^\d{1,4}(?:[.,]\d{1,2})?$/.test(typed) ? Number(typed.replace(',', '.')) : Number.NaN;
  return Number.isFinite(minutes) ? Math.round(minutes * 60) : null;
}

/** A moment as a field for day and time wants it, on this computer's clock. */
export function momentText(at: number | null | undefined): string {
  if (at === null || at === undefined) return '';
  const two = (n: number): string => String(n).padStart(2, '0');
  const of = new Date(at);
  const day = `${of.getFullYear()}-${two(of.getMonth() + 1)}-${two(of.getDate())}`;
  return `${day}T${two(of.getHours())}:${two(of.getMinutes())}`;
}

/** The moment of such a text; `null` where it cannot be read. */
export function momentOf(text: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? new Date(text).getTime() : Number.NaN;
  return Number.isFinite(at) ? at : null;
}

/** A whole number, also with its thousands apart; `null` where it cannot be read. */
export function countOf(text: string): number | null {
  const typed = plain(text);
  const digits = GROUPED.exec(typed)?.[2] === undefined ? typed.replaceAll(',', '') : typed;
  const isGrouped = /^\d{1,3}(?:,\d{3})*$/.test(typed);
  return (isGrouped || !typed.includes(',')) && /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}

/** A web address; one that begins with its host is a secure one. `null` where it is none. */
export function linkOf(text: string): string | null {
  const typed = text.trim();
  if (/^https?:\/\/\S+$/i.test(typed)) return typed;
  return /^(?:[\p{L}\d-]+\.)+\p{L}{2,}(?:[/?#:]\S*)?$/u.test(typed) ? `https://${typed}` : null;
}

/** Whether there is such a currency (ISO 4217, as the browser knows it). */
export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code);
}
