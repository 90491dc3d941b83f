// The small grammar of message files: `{name}` is a value, `{n|line|lines}` one of two forms by the number n.

export type Values = Readonly<Record<string, string | number>>;

const PLACE = /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;

export function fill(sentence: string, values: Values, lang: string): string {
  return sentence.replace(PLACE, (whole, name: string, one?: string, other?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || other === undefined) {
      return typeof value === 'number' ? new Intl.NumberFormat(lang).format(value) : value;
    }
    return new Intl.PluralRules(lang).select(Number(value)) === 'one' ? one : other;
  });
}

/** Names of the values a sentence needs, each once, sorted. */
export function placesOf(sentence: string): string[] {
  return [...new Set([...sentence.matchAll(PLACE)].map((match) => match[1] ?? ''))].sort();
}
