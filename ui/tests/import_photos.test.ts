import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { isPhoto, PhotoNames } from '../src/settings/import_photos.ts';
import { NotZip, unzip } from '../src/settings/unzip.ts';
import type { Product } from '../src/wire/types.ts';

function product(id: string, zh: string, photo: string | null): Product {
  return { id, title: { zh, en: '' }, short_title: { zh: '', en: '' }, gtin: null, photo } as Product;
}

it('a photo is its product’s by the name in the list, the id or the title, and nobody’s by a name that several have', () => {
  const names = new PhotoNames([
    product('A1', '水蜜桃', 'orchard/peach.jpg'),
    product('A2', '水蜜桃 大', 'orchard/peach.jpg'),
    product('B-2', '酥梨', null),
    product('C3', '苹果', null),
    product('C4', '苹果', null),
  ]);
  expect(names.productsOf('照片/Peach.JPG')).toEqual(['A1', 'A2']);
  expect(names.productsOf('b-2.png')).toEqual(['B-2']);
  expect(names.productsOf('酥梨.webp')).toEqual(['B-2']);
  expect(names.productsOf('苹果.jpg')).toEqual([]);
  expect(names.productsOf('other.jpg')).toEqual([]);
  expect(['a.jpg', 'x/b.PNG', 'c.txt', '__MACOSX/a.jpg', 'x/.hidden.jpg'].filter(isPhoto)).toEqual([
    'a.jpg',
    'x/b.PNG',
  ]);
});

/** A ZIP of these files, deflated. */
function zipOf(files: readonly (readonly [name: Uint8Array, text: string, claims?: number])[]): Blob {
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  for (const [name, text, claims] of files) {
    const packed = new Uint8Array(deflateRawSync(text));
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(26, name.length, true);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(10, 8, true);
    entry.setUint32(20, packed.length, true);
    entry.setUint32(24, claims ?? text.length, true);
    entry.setUint16(28, name.length, true);
    entry.setUint32(42, at, true);
    parts.push(new Uint8Array(local.buffer), name, packed);
    entries.push(new Uint8Array(entry.buffer), name);
    at += 30 + name.length + packed.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(
    12,
    entries.reduce((sum, part) => sum + part.length, 0),
    true,
  );
  end.setUint32(16, at, true);
  return new Blob([...parts, ...entries, new Uint8Array(end.buffer)] as BlobPart[]);
}

async function contents(zip: Blob): Promise<string[]> {
  const found: string[] = [];
  for await (const file of unzip(zip, isPhoto)) found.push(`${file.name}=${await file.text()}`);
  return found;
}

it('pictures come out of a ZIP, with Chinese names of either kind; a bomb and a damaged file do not', async () => {
  const utf8 = (name: string): Uint8Array => new TextEncoder().encode(name);
  const gbk = new Uint8Array([0xcc, 0xd2, 0x2e, 0x6a, 0x70, 0x67]);
  const zip = zipOf([
    [utf8('a.jpg'), 'aaa'],
    [utf8('酥梨.png'), 'bbb'],
    [gbk, 'ccc'],
    [utf8('list.csv'), 'x'],
    [utf8('bomb.jpg'), 'z'.repeat(100_000), 10],
  ]);
  expect(await contents(zip)).toEqual(['a.jpg=aaa', '酥梨.png=bbb', '桃.jpg=ccc']);
  await expect(contents(new Blob(['no zip at all, but longer than its end would be']))).rejects.toThrow(
    NotZip,
  );
  await expect(contents(zip.slice(40))).rejects.toThrow(NotZip);
});
