import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Everything that `entry` imports, directly or through others. */
function reached(entry: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(entry.href) || !existsSync(entry)) return seen;
  seen.add(entry.href);
  for (const [, from] of readFileSync(entry, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    if (from === undefined) continue;
    if (from.startsWith('.')) reached(new URL(from, entry), seen);
    else seen.add(from);
  }
  return seen;
}

const bindings = (entry: string): string[] =>
  [...reached(new URL(`../src/${entry}`, import.meta.url))].filter((name) => name.startsWith('@tauri-apps'));

describe('the two entries', () => {
  it('share the page, and the browser never reaches the bindings of the window', () => {
    expect(reached(new URL('../src/browser.ts', import.meta.url)).size).toBeGreaterThan(40);
    expect(bindings('browser.ts')).toEqual([]);
  });

  it('gives the window its bindings', () => {
    expect(bindings('desktop.ts')).toContain('@tauri-apps/api/core');
  });
});
