// Held lines that say the same are one row, however many they are; in a flood there are few rows and many lines.
import type { ChatLine, HeldView, HoldReason } from '../wire/types.ts';

/** So many wait at most; older ones are only in the journal (crates/engine/src/chat_room/sieve.rs). */
export const HELD_MAX = 2000;

type HeldLine = HeldView['lines'][number];

export interface HeldRow {
  /** The same for as long as lines like these wait. */
  key: string;
  /** The oldest of them. */
  line: ChatLine;
  why: HoldReason;
  found: string;
  /** Ids of all of them. */
  messages: string[];
}

/**
 * The same for lines that differ in marks, spaces, case, wide letters and how often a letter is repeated. Figures count one by
 * one: another telephone number is another line.
 */
export function likeness(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase();
  const letters = folded.replace(/[^\p{L}\p{M}\p{N}]/gu, '').replace(/(\p{L})\1+/gu, '$1');
  return letters === '' ? folded.replace(/\s/gu, '') : letters;
}

/** The rows of what is told, newest first: the most frequent first. */
export function heldRows(lines: readonly HeldLine[]): HeldRow[] {
  const rows = new Map<string, HeldRow>();
  for (const { line, why, found } of lines) {
    const key = `${why}:${likeness(line.text)}`;
    const messages = [...(rows.get(key)?.messages ?? []), line.id];
    rows.set(key, { key, line, why, found, messages });
  }
  return [...rows.values()].sort(
    (a, b) => b.messages.length - a.messages.length || a.line.at - b.line.at || (a.key < b.key ? -1 : 1),
  );
}

/** How many lines are held for each reason there is, always in the same order. */
export function heldReasons(lines: readonly HeldLine[]): [HoldReason, number][] {
  const counts = new Map<HoldReason, number>();
  for (const { why } of lines) counts.set(why, (counts.get(why) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
