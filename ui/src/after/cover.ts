// Covers of clips.
import type { EngineAddress } from '../host/host.ts';
import { KeptPictures } from '../wire/pictures.ts';

/** Covers of the show that is looked at; a show has some dozens. */
const covers = new KeptPictures(200);

/** Address of a cover in this page's memory; `null` where there is none. `bytes` of its clip tell a new one apart. */
export function coverAddress(engine: EngineAddress, cover: string, bytes: number): Promise<string | null> {
  const path = cover.split('/').map(encodeURIComponent).join('/');
  return covers.get(engine, `${cover} ${bytes}`, `cover/${path}`);
}
