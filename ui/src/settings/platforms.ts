// The platforms file as the page needs it. The file belongs to the engine; what is missing in it shows as empty.
import type { Platform, Text } from '../wire/types.ts';

function textFrom(value: unknown): Text {
  if (typeof value === 'string') return { zh: value, en: value };
  const text = (value ?? {}) as Partial<Text>;
  return { zh: text.zh ?? '', en: text.en ?? '' };
}

export function platformsOf(data: unknown): Platform[] {
  const list = Array.isArray(data) ? data : ((data as { platforms?: unknown } | null)?.platforms ?? []);
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: Record<string, unknown>) =>
    typeof entry['id'] === 'string'
      ? [
          {
            id: entry['id'],
            name: textFrom(entry['name'] ?? entry['id']),
            url: typeof entry['url'] === 'string' ? entry['url'] : '',
            key_help: textFrom(entry['key_help']),
          },
        ]
      : [],
  );
}
