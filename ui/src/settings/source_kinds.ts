// The kinds of source as a form sees them.
import { canvasesOn } from '../state/canvases.ts';
import type { Scene, ShowView, Source, SourceKind } from '../wire/types.ts';

export type KindName = SourceKind['kind'];

export const SOURCE_KINDS: readonly KindName[] = [
  'camera',
  'phone',
  'microphone',
  'screen',
  'window',
  'file',
  'image',
  'desktop_audio',
  'test_picture',
  'test_tone',
];

export const NEEDS_PATH: ReadonlySet<KindName> = new Set(['file', 'image']);

export function kindWith(kind: KindName, device: string | null, path: string): SourceKind {
  switch (kind) {
    case 'file':
    case 'image':
      return { kind, path };
    case 'camera':
    case 'microphone':
    case 'desktop_audio':
      return { kind, device };
    case 'phone':
      return { kind, over: 'rtmp' };
    case 'screen':
      return { kind, display: device };
    case 'window':
      return { kind, window: device ?? '' };
    default:
      return { kind };
  }
}

/** The device a kind names; `null` = the best one, `undefined` = the kind has none. */
export function deviceOf(kind: SourceKind): string | null | undefined {
  switch (kind.kind) {
    case 'camera':
    case 'microphone':
    case 'desktop_audio':
      return kind.device;
    case 'screen':
      return kind.display;
    case 'window':
      return kind.window;
    default:
      return undefined;
  }
}

const FULL = { x: 0, y: 0, width: 10_000, height: 10_000 };

/** A scene that shows the source alone; `null` for sound. On the other canvas the engine lays it out. */
export function sceneWith(source: Source, show: ShowView | null): Scene | null {
  if (['microphone', 'desktop_audio', 'test_tone'].includes(source.kind.kind)) return null;
  const canvas = canvasesOn(show)[0] ?? 'landscape';
  const layouts = { [canvas]: [{ source: source.id, area: FULL, crop: FULL }] };
  return { id: source.id, name: { zh: source.name, en: source.name }, layouts };
}
