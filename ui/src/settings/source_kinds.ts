// The kinds of source as a form sees them.
import type { Scene, ShowView, Source, SourceKind } from '../wire/types.ts';

export type KindName = SourceKind['kind'];

export const SOURCE_KINDS: readonly KindName[] = [
  'camera',
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

/** Names on canvases when the show has no scene yet to take them from. */
const USUAL_CANVASES = ['landscape'];
const FULL = { x: 0, y: 0, width: 10_000, height: 10_000 };

/** A scene that shows the source alone on every canvas the show's scenes know; `null` for sound. */
export function sceneWith(source: Source, show: ShowView | null): Scene | null {
  if (['microphone', 'desktop_audio', 'test_tone'].includes(source.kind.kind)) return null;
  const known = [...new Set((show?.scenes ?? []).flatMap((scene) => Object.keys(scene.layouts)))];
  const canvases = known.length > 0 ? known : USUAL_CANVASES;
  const layouts = Object.fromEntries(
    canvases.map((canvas) => [canvas, [{ source: source.id, area: FULL, crop: FULL }]]),
  );
  return { id: source.id, name: { zh: source.name, en: source.name }, layouts };
}
