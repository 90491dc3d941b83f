// Pictures out of a ZIP file, as the formats stand in PKWARE's APPNOTE 6.3: stored and deflated entries, no passwords.
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
/** Longest comment behind the end of the directory. */
const COMMENT_MAX = 65_535;
/** Entries looked at; a catalogue's photos are fewer. */
const ENTRIES_MAX = 20_000;
const STORED = 0;
const DEFLATED = 8;
/** Bit of the flags that says that names are UTF-8. */
const UTF8_NAMES = 0x800;

interface Entry {
  name: string;
  method: number;
  packed: number;
  size: number;
  at: number;
}

export class NotZip extends Error {}

/** The files in it whose name and size (bytes) are wanted, unpacked one by one as they are asked for. */
export async function* unzip(
  zip: Blob,
  wanted: (name: string, size: number) => boolean,
): AsyncGenerator<File> {
  for (const entry of await directory(zip)) {
    if (!wanted(entry.name, entry.size)) continue;
    const head = new DataView(await zip.slice(entry.at, entry.at + 30).arrayBuffer());
    if (head.byteLength < 30) throw new NotZip();
    const start = entry.at + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    const packed = zip.slice(start, start + entry.packed);
    const bytes = entry.method === STORED ? packed : await inflated(packed, entry.size);
    if (bytes !== null) yield new File([bytes], entry.name);
  }
}

async function directory(zip: Blob): Promise<Entry[]> {
  const tailAt = Math.max(0, zip.size - END_BYTES - COMMENT_MAX);
  const tail = new DataView(await zip.slice(tailAt).arrayBuffer());
  let end = tail.byteLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new NotZip();
  const at = tail.getUint32(end + 16, true);
  const view = new DataView(await zip.slice(at, at + tail.getUint32(end + 12, true)).arrayBuffer());
  const entries: Entry[] = [];
  let place = 0;
  while (place + 46 <= view.byteLength && entries.length < ENTRIES_MAX) {
    if (view.getUint32(place, true) !== ENTRY) throw new NotZip();
    const nameBytes = view.getUint16(place + 28, true);
    const others = view.getUint16(place + 30, true) + view.getUint16(place + 32, true);
    const flags = view.getUint16(place + 8, true);
    const method = view.getUint16(place + 10, true);
    if (place + 46 + nameBytes > view.byteLength) throw new NotZip();
    const name = new Uint8Array(view.buffer, view.byteOffset + place + 46, nameBytes);
    const isLocked = (flags & 1) === 1;
    if (!isLocked && (method === STORED || method === DEFLATED))
      entries.push({
        name: nameOf(name, (flags & UTF8_NAMES) !== 0),
        method,
        packed: view.getUint32(place + 20, true),
        size: view.getUint32(place + 24, true),
        at: view.getUint32(place + 42, true),
      });
    place += 46 + nameBytes + others;
  }
  return entries;
}

/** Windows in Chinese writes GB18030 without saying so. */
function nameOf(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: !isUtf8 }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** Unpacked, or `null` when it is damaged or more than its directory says. */
async function inflated(packed: Blob, size: number): Promise<Blob | null> {
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts);
      length += value.length;
      if (length > size) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    return null;
  }
}
