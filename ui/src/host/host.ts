// What the page needs from wherever it is shown: the desktop window or a browser.

/** Where the engine listens, and what opens its door. */
export interface EngineAddress {
  /** For example `http://127.0.0.1:40123`, without a slash at the end. */
  base: string;
  token: string;
}

/** Why there is no engine, where the host is the one that starts it. */
export type EngineFault =
  | { code: 'missing' | 'not_started' }
  /** `said`: its last words, in the log's language. */
  | { code: 'ended'; said: string; log: string }
  | { code: 'silent'; log: string };

/** What a host's refusal says; `null` where it says nothing that is known here. */
export function faultOf(refusal: unknown): EngineFault | null {
  if (typeof refusal !== 'object' || refusal === null) return null;
  const { code, said, log } = refusal as { code?: unknown; said?: unknown; log?: unknown };
  if (code === 'missing' || code === 'not_started') return { code };
  if (typeof log !== 'string') return null;
  if (code === 'ended') return { code, said: typeof said === 'string' ? said : '', log };
  return code === 'silent' ? { code, log } : null;
}

/** The code at the end of an engine's last words: `… [journal_newer_schema]`; empty where there is none. */
export function codeIn(said: string): string {
  return /\[([a-z_]+)\]$/.exec(said)?.[1] ?? '';
}

export type FileKind = 'media' | 'image' | 'sheet';

export interface Host {
  readonly kind: 'desktop' | 'browser';
  /** Asked again before every connection: a restarted engine may listen elsewhere. Refuses with an {@link EngineFault}. */
  engine(): Promise<EngineAddress>;
  /** Shows the prompter in a window of its own, or brings it to the front. */
  openPrompter(): Promise<void>;
  /** Path of a file on this machine, `null` when the person changed their mind. Absent where no path can be had. */
  pickFile?: (kind: FileKind) => Promise<string | null>;
}
