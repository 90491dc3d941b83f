// What of the recordings' disk is used by what.
import { t } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { KeepingView } from '../wire/types.ts';

export interface RoomPart {
  kind: 'recordings' | 'evidence' | 'clips' | 'other' | 'free';
  name: string;
  bytes: number;
  /** Of everything that is shown, 0 to 1. */
  share: number;
}

/** The parts of a bar; without what is free where that is not known. */
export function roomParts(view: KeepingView): RoomPart[] {
  const parts: Omit<RoomPart, 'share'>[] = [
    { kind: 'recordings', name: t('keeping.recordings'), bytes: view.recordings_bytes },
    { kind: 'evidence', name: t('keeping.evidence'), bytes: view.evidence_bytes },
    { kind: 'clips', name: t('keeping.clips'), bytes: view.clips_bytes },
    { kind: 'other', name: t('keeping.other'), bytes: view.other_bytes },
  ];
  if (view.free_bytes !== null) parts.push({ kind: 'free', name: t('keeping.free'), bytes: view.free_bytes });
  const all = parts.reduce((sum, part) => sum + part.bytes, 0);
  return parts.map((part) => ({ ...part, share: all === 0 ? 0 : part.bytes / all }));
}

/** The day, as one writes it. */
export function dayOf(at: number, lang: Lang): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'long' }).format(at);
}
