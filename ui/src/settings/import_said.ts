// What a person said about the columns of a sheet, kept for the next sheet with the same headers.
export type Said = Readonly<Record<string, string | null>>;

const KEY = 'stallcast.import_columns';
/** Sets of headers kept; the oldest goes first. */
const MOST = 30;

interface Kept {
  headers: string;
  said: Said;
}

/** The same for the same headers in any order. */
function nameOf(headers: readonly string[]): string {
  return [...headers].sort().join('\u001f');
}

function all(): Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as Kept[]) : [];
  } catch {
    return [];
  }
}

/** What was said of these headers; nothing when nobody said anything. */
export function saidOf(headers: readonly string[]): Said {
  const name = nameOf(headers);
  return all().find((kept) => kept.headers === name)?.said ?? {};
}

/** Keeps what was said of these headers in place of what was said before. */
export function remember(headers: readonly string[], said: Said): void {
  const name = nameOf(headers);
  const others = all().filter((kept) => kept.headers !== name);
  const mine = Object.keys(said).length > 0 ? [{ headers: name, said }] : [];
  try {
    localStorage.setItem(KEY, JSON.stringify([...others, ...mine].slice(-MOST)));
  } catch {
    // A page without storage asks again next time.
  }
}
