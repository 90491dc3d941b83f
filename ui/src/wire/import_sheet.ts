// A sheet goes to the engine: to be looked at, then to be taken over as it was looked at.
import type { EngineAddress } from '../host/host.ts';
import type { Outcome } from './client.ts';
import { post } from './post.ts';
import type { ImportProgress, ImportView } from './types.ts';

export interface SheetWish {
  /** `look` changes nothing. */
  step: 'look' | 'take';
  /** What was looked at: exactly this is taken over, or nothing. */
  seen?: string;
  /** How many changes are passed over of those that are told. */
  offset?: number;
  /** Looks as if the demo's products were gone. */
  withoutDemo?: boolean;
  /** What a person said about headers: the column's field, `null` = it is not read. */
  columns: Readonly<Record<string, string | null>>;
  /** By which name it is asked how far it is. */
  id: string;
}

export function importSheet(
  engine: EngineAddress,
  file: File,
  wish: SheetWish,
  signal: AbortSignal,
): Promise<Outcome<ImportView>> {
  const query = new URLSearchParams({ step: wish.step, id: wish.id });
  if (wish.seen !== undefined) query.set('seen', wish.seen);
  if (wish.offset !== undefined && wish.offset > 0) query.set('offset', String(wish.offset));
  if (wish.withoutDemo === true) query.set('without_demo', 'true');
  if (Object.keys(wish.columns).length > 0) query.set('columns', JSON.stringify(wish.columns));
  const headers = { 'X-File-Name': encodeURIComponent(file.name) };
  return post(engine, `import?${query}`, file, headers, signal);
}

/** How far the import of this name is; `null` where nobody knows of it any more. */
export function importProgress(engine: EngineAddress, id: string): Promise<ImportProgress | null> {
  return askOf(engine, id, 'GET');
}

/** Ends it. What was still in time says the answer to the import itself. */
export async function endImport(engine: EngineAddress, id: string): Promise<void> {
  await askOf(engine, id, 'DELETE');
}

async function askOf(engine: EngineAddress, id: string, method: string): Promise<ImportProgress | null> {
  try {
    const response = await fetch(`${engine.base}/api/import?id=${encodeURIComponent(id)}`, {
      method,
      headers: { Authorization: `Bearer ${engine.token}` },
    });
    return response.ok ? ((await response.json()) as ImportProgress) : null;
  } catch {
    return null;
  }
}
