// The platforms file as the page needs it. The file can be changed by hand: what is missing in it shows as empty.
import type { Lang } from '../state/prefs.svelte.ts';
import type { Canvas, Platform, Text, VideoCodec } from '../wire/types.ts';

function textFrom(value: unknown): Text {
  if (typeof value === 'string') return { zh: value, en: value };
  const text = (value ?? {}) as Partial<Text>;
  return { zh: text.zh ?? '', en: text.en ?? '' };
}

function listFrom(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

function linesFrom(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string') : [];
}

/** The shape of the picture that the platform shows best: its first one. */
function canvasFrom(recommended: unknown): Canvas {
  const first = listFrom(recommended)[0];
  return Number(first?.['height'] ?? 0) > Number(first?.['width'] ?? 0) ? 'portrait' : 'landscape';
}

/** Codecs that this page knows. */
function codecsFrom(value: unknown): VideoCodec[] {
  const named = listFrom(value).map((taken) => taken['codec']);
  return (['hevc', 'av1'] as const).filter((codec) => named.includes(codec));
}

export function platformsOf(data: unknown): Platform[] {
  const list = listFrom((data as { platforms?: unknown } | null)?.platforms ?? data);
  return list.flatMap((entry) => {
    if (typeof entry['id'] !== 'string') return [];
    const steps = (entry['find_key'] ?? {}) as { zh?: unknown; en?: unknown };
    return [
      {
        id: entry['id'],
        name: textFrom(entry['name'] ?? entry['id']),
        access: (entry['access'] as Platform['access'] | undefined) ?? 'open',
        ingests: listFrom(entry['ingests']).map((ingest) => ({
          id: String(ingest['id'] ?? ''),
          name: textFrom(ingest['name'] ?? ingest['id'] ?? ''),
          url: String(ingest['url'] ?? ''),
          certainty: String(ingest['certainty'] ?? 'unverified'),
        })),
        key_hint: textFrom(entry['key_hint']),
        find_key: { zh: linesFrom(steps.zh), en: linesFrom(steps.en) },
        canvas: canvasFrom(entry['recommended']),
        codecs: codecsFrom(entry['codecs']),
        can_test: typeof entry['unseen_suffix'] === 'string',
        max_video_kbps: typeof entry['max_video_kbps'] === 'number' ? entry['max_video_kbps'] : null,
      },
    ];
  });
}

/** Where the key is, or what works without one, in at most two lines. */
export function keyHelp(platform: Platform, lang: Lang): string[] {
  const steps = lang === 'zh-CN' ? platform.find_key.zh : platform.find_key.en;
  const hint = lang === 'zh-CN' ? platform.key_hint.zh : platform.key_hint.en;
  return (steps.length === 0 ? [hint] : steps.slice(0, 2)).filter((line) => line !== '');
}
