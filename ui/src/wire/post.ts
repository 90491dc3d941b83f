// Files to the engine, over plain HTTP.
import type { EngineAddress } from '../host/host.ts';
import { localError, type Outcome } from './client.ts';
import type { WireError } from './types.ts';

/** Sends a file to a path behind `/api/`; what the engine answers. */
export async function post<T>(
  engine: EngineAddress,
  path: string,
  body: File,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  try {
    const response = await fetch(`${engine.base}/api/${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${engine.token}`,
        'Content-Type': 'application/octet-stream',
        ...headers,
      },
      body,
      ...(signal === undefined ? {} : { signal }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, data: answer as T };
    return { ok: false, error: isWireError(answer) ? answer : localError('import_failed') };
  } catch {
    return { ok: false, error: localError('not_connected') };
  }
}

function isWireError(body: unknown): body is WireError {
  return typeof body === 'object' && body !== null && 'message_key' in body;
}
