// What the page needs from wherever it is shown: the desktop window or a browser.

/** Where the engine listens, and what opens its door. */
export interface EngineAddress {
  /** For example `http://127.0.0.1:40123`, without a slash at the end. */
  base: string;
  token: string;
}

export type FileKind = 'media' | 'image';

export interface Host {
  readonly kind: 'desktop' | 'browser';
  /** Asked again before every connection: a restarted engine may listen elsewhere. */
  engine(): Promise<EngineAddress>;
  /** Path of a file on this machine, `null` when the person changed their mind. Absent where no path can be had. */
  pickFile?: (kind: FileKind) => Promise<string | null>;
}
