// What goes over plain HTTP: the product photos, both ways, and how a card theme would look.
import type { EngineAddress } from '../host/host.ts';
import type { Outcome } from './client.ts';
import { fetchPicture, KeptPictures } from './pictures.ts';
import { post } from './post.ts';
import type { Canvas, CardLang, PhotoView } from './types.ts';

/** Takes a photo into the show's photo folder; answers with its name there. */
export function addPhoto(engine: EngineAddress, file: File): Promise<Outcome<PhotoView>> {
  return post(engine, 'photo', file);
}

/** By name; a photo is a few kilobytes and a show has some dozens. */
const photos = new KeptPictures(300);

/** Address of a photo in this page's memory, `null` where there is none. */
export function photoAddress(engine: EngineAddress, photo: string): Promise<string | null> {
  return photos.get(engine, photo, `photo/${encodeURIComponent(photo)}`);
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
  return fetchPicture(engine, `look?${query.toString()}`, signal);
}
