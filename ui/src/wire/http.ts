// What goes over plain HTTP: the import of a sheet and the product photos.
import type { EngineAddress } from '../host/host.ts';
import { localError, type Outcome } from './client.ts';
import type { ImportView, WireError } from './types.ts';

export async function importSheet(engine: EngineAddress, file: File): Promise<Outcome<ImportView>> {
  try {
    const response = await fetch(`${engine.base}/api/import`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${engine.token}`,
        'X-File-Name': encodeURIComponent(file.name),
        'Content-Type': 'application/octet-stream',
      },
      body: file,
    });
    const body: unknown = await response.json();
    if (response.ok) return { ok: true, data: body as ImportView };
    return { ok: false, error: isWireError(body) ? body : localError('import_failed') };
  } catch {
    return { ok: false, error: localError('not_connected') };
  }
}

function isWireError(body: unknown): body is WireError {
  return typeof body === 'object' && body !== null && 'code' in body;
}

/** Photos fetched in this session, by name; a photo is a few kilobytes and a show has some dozens. */
const photos = new Map<string, Promise<string | null>>();
const MOST_PHOTOS = 300;

/**
 * Address of a photo in this page's memory, `null` where there is none. It is fetched with the token in a header,
 * so that no token stands in an address.
 */
export function photoAddress(engine: EngineAddress, photo: string): Promise<string | null> {
  const known = photos.get(photo);
  if (known !== undefined) return known;
  if (photos.size >= MOST_PHOTOS) photos.clear();
  const fetched = fetchPhoto(engine, photo);
  photos.set(photo, fetched);
  // A photo that was not there may come with the next import.
  void fetched.then((address) => address === null && photos.delete(photo));
  return fetched;
}

async function fetchPhoto(engine: EngineAddress, photo: string): Promise<string | null> {
  try {
    const response = await fetch(`${engine.base}/api/photo/${encodeURIComponent(photo)}`, {
      headers: { Authorization: `Bearer ${engine.token}` },
    });
    return response.ok ? URL.createObjectURL(await response.blob()) : null;
  } catch {
    return null;
  }
}
