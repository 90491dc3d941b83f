// What goes over plain HTTP: the product photos, both ways.
import type { EngineAddress } from '../host/host.ts';
import { localError, type Outcome } from './client.ts';
import type { Canvas, CardLang, PhotoView, WireError } from './types.ts';

/** Takes a photo into the show's photo folder; answers with its name there. */
export function addPhoto(engine: EngineAddress, file: File): Promise<Outcome<PhotoView>> {
  return send(engine, 'photo', file);
}

async function send<T>(engine: EngineAddress, where: 'photo', body: File): Promise<Outcome<T>> {
  try {
    const response = await fetch(`${engine.base}/api/${where}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${engine.token}`,
        'Content-Type': 'application/octet-stream',
      },
      body,
    });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, data: answer as T };
    return { ok: false, error: isWireError(answer) ? answer : localError('import_failed') };
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

/** What a card theme would look like. */
export interface WantedLook {
  theme: string;
  lang: CardLang;
  canvas: Canvas;
  product: string | null;
  code: boolean;
  nextUp: boolean;
}

/** Address of a new picture in this page's memory, to be revoked by whoever asked; `null` when it did not come. */
export async function lookPicture(
  engine: EngineAddress,
  wanted: WantedLook,
  signal: AbortSignal,
): Promise<string | null> {
  const { theme, lang, canvas, product, code, nextUp } = wanted;
  const query = new URLSearchParams({ theme, lang, canvas, code: String(code), next_up: String(nextUp) });
  if (product !== null) query.set('product', product);
  try {
    const response = await fetch(`${engine.base}/api/look?${query.toString()}`, {
      headers: { Authorization: `Bearer ${engine.token}` },
      signal,
    });
    return response.ok ? URL.createObjectURL(await response.blob()) : null;
  } catch {
    return null;
  }
}
