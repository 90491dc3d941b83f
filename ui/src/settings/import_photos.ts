// Which photo file belongs to which product: by the name in its list, its id, its barcode or its title.
import type { Product } from '../wire/types.ts';

/** As the engine takes them. */
export const PHOTO_MAX_BYTES = 16 * 1024 * 1024;

export function isPhoto(name: string): boolean {
  return /\.(jpe?g|png|webp)$/i.test(name) && !/(^|\/)(\.|__MACOSX\/)/.test(name);
}

function bare(name: string): string {
  const file = name.split(/[\\/]/).at(-1) ?? name;
  return file.normalize('NFC').trim().toLowerCase();
}

function stem(name: string): string {
  return bare(name).replace(/\.[a-z]+$/, '');
}

/** What a file is called, to look for its product. */
export function sought(file: string): string {
  return said(stem(file));
}

/** Finds products by the names of files; the surest name goes first. */
export class PhotoNames {
  private readonly byFile = new Map<string, string[]>();
  private readonly byWords = new Map<string, string[]>();

  constructor(products: readonly Product[]) {
    for (const product of products) {
      if (product.photo !== null) add(this.byFile, bare(product.photo), product.id);
      const { title, short_title, gtin } = product;
      const words = [product.id, gtin ?? '', title.zh, title.en, short_title.zh, short_title.en];
      for (const word of new Set(words.map(said))) if (word !== '') add(this.byWords, word, product.id);
    }
  }

  /** Whose photo the file is; variants may share one named in their list, anything else is one product's. */
  productsOf(file: string): readonly string[] {
    const named = this.byFile.get(bare(file));
    if (named !== undefined) return named;
    const found = this.byWords.get(said(stem(file))) ?? [];
    return found.length === 1 ? found : [];
  }
}

function add(map: Map<string, string[]>, key: string, id: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [id]);
  else known.push(id);
}

/** Without the signs that no file name may have. */
function said(words: string): string {
  return words
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s\\/:*?"<>|_-]+/g, ' ')
    .trim();
}
