// Covers of clips, fetched with the token in a header, so that no token stands in an address.
import type { EngineAddress } from '../host/host.ts';

/** Covers of the show that is looked at; a show has some dozens. */
const covers = new Map<string, Promise<string | null>>();
const MOST_COVERS = 200;

/** Address of a cover in this page's memory; `null` where there is none. `bytes` of its clip tell a new one apart. */
export function coverAddress(engine: EngineAddress, cover: string, bytes: number): Promise<string | null> {
  const key = `${cover} ${bytes}`;
  const known = covers.get(key);
  if (known !== undefined) return known;
  if (covers.size >= MOST_COVERS) covers.clear();
  const fetched = fetchCover(engine, cover);
  covers.set(key, fetched);
  void fetched.then((address) => address === null && covers.delete(key));
  return fetched;
}

async function fetchCover(engine: EngineAddress, cover: string): Promise<string | null> {
  const path = cover.split('/').map(encodeURIComponent).join('/');
  try {
    const response = await fetch(`${engine.base}/api/cover/${path}`, {
      headers: { Authorization: `Bearer ${engine.token}` },
    });
    return response.ok ? URL.createObjectURL(await response.blob()) : null;
  } catch {
    return null;
  }
}
