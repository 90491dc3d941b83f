// Pictures from the engine: fetched with the token in a header, so that no token stands in an address, and kept.
import type { EngineAddress } from '../host/host.ts';

/** Address of a picture in this page's memory, `null` where there is none. `path` stands behind `/api/`. */
export async function fetchPicture(
  engine: EngineAddress,
  path: string,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    const response = await fetch(`${engine.base}/api/${path}`, {
      headers: { Authorization: `Bearer ${engine.token}` },
      ...(signal === undefined ? {} : { signal }),
    });
    return response.ok ? URL.createObjectURL(await response.blob()) : null;
  } catch {
    return null;
  }
}

/** Pictures fetched in this session; with too many of them all are forgotten. */
export class KeptPictures {
  private readonly known = new Map<string, Promise<string | null>>();

  constructor(private readonly most: number) {}

  /** What is kept under `key`, else what `path` gives. What was not there may come: it is asked for again. */
  get(engine: EngineAddress, key: string, path: string): Promise<string | null> {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (this.known.size >= this.most) this.known.clear();
    const fetched = fetchPicture(engine, path);
    this.known.set(key, fetched);
    void fetched.then((address) => address === null && this.known.delete(key));
    return fetched;
  }
}
