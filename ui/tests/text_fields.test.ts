// Whoever types keeps the keyboard and the words while the connection is gone for a moment: a field that is disabled loses both
// to the browser, one that is only not to be changed loses neither.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SOURCES = new URL('../src/', import.meta.url).pathname;
/** What nobody types into. */
const NOT_TYPED = /type="(checkbox|radio|range|color|file)"/;

it('no field that is typed into is ever disabled', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((it) =>
    it.endsWith('.svelte'),
  );
  let fields = 0;
  const disabled: string[] = [];
  for (const file of files) {
    const markup = readFileSync(SOURCES + file, 'utf8').replace(/<script[\s\S]*?<\/script>/, '');
    // To the end of the tag: arrows of handlers are no end.
    for (const [tag] of markup.matchAll(/<(input|textarea)\b(=>|[^>])*>/g)) {
      if (NOT_TYPED.test(tag)) continue;
      fields += 1;
      if (/(\s|\{)disabled\b/.test(tag.replace(/(aria-disabled|readonly)=\{[^}]*\}/g, '')))
        disabled.push(file);
    }
  }
  expect(fields).toBeGreaterThan(10);
  expect(disabled).toEqual([]);
});
