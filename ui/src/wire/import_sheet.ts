// A sheet goes to the engine: to be looked at, then to be taken over as it was looked at.
import type { EngineAddress } from '../host/host.ts';
import { localError, type Outcome } from './client.ts';
import type { ImportView, WireError } from './types.ts';

export interface SheetWish {
  /** `look` changes nothing. */
  step: 'look' | 'take';
  /** What was looked at: exactly this is taken over, or nothing. */
  seen?: string;
  /** Looks as if the demo's products were gone. */
  withoutDemo?: boolean;
  /** What a person said about headers: the column's field, `null` = it is not read. */
  columns: Readonly<Record<string, string | null>>;
}

export async function importSheet(
  engine: EngineAddress,
  file: File,
  wish: SheetWish,
  signal: AbortSignal,
): Promise<Outcome<ImportView>> {
  const query = new URLSearchParams({ step: wish.step });
  if (wish.seen !== undefined) query.set('seen', wish.seen);
  if (wish.withoutDemo === true) query.set('without_demo', 'true');
  if (Object.keys(wish.columns).length > 0) query.set('columns', JSON.stringify(wish.columns));
  try {
    const response = await fetch(`${engine.base}/api/import?${query}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${engine.token}`,
        'Content-Type': 'application/octet-stream',
        'X-File-Name': encodeURIComponent(file.name),
      },
      body: file,
      signal,
    });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, data: answer as ImportView };
    return { ok: false, error: isWireError(answer) ? answer : localError('import_failed') };
  } catch {
    return { ok: false, error: localError('not_connected') };
  }
}

function isWireError(body: unknown): body is WireError {
  return typeof body === 'object' && body !== null && 'code' in body;
}
