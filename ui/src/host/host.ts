// What the page needs from wherever it is shown: the desktop window or a browser.
import type { PageError } from '../wire/types.ts';

/** Where the engine listens, and what opens its door. */
export interface EngineAddress {
  /** For example `http://127.0.0.1:40123`, without a slash at the end. */
  base: string;
  token: string;
  /** Version of the window; absent in a browser. */
  window?: string;
  /** Whether this window looks for newer versions. */
  updates?: boolean;
}

/** Why there is no engine, where the host is the one that starts it. */
export type EngineFault =
  | { code: 'missing' | 'not_started' | 'leaving' }
  /** `said`: its last words, in the log's language. */
  | { code: 'ended'; said: string; log: string }
  | { code: 'silent'; log: string };

/** What a host's refusal says; `null` where it says nothing that is known here. */
export function faultOf(refusal: unknown): EngineFault | null {
  if (typeof refusal !== 'object' || refusal === null) return null;
  const { code, said, log } = refusal as { code?: unknown; said?: unknown; log?: unknown };
  if (code === 'missing' || code === 'not_started' || code === 'leaving') return { code };
  if (typeof log !== 'string') return null;
  if (code === 'ended') return { code, said: typeof said === 'string' ? said : '', log };
  return code === 'silent' ? { code, log } : null;
}

/** The code at the end of an engine's last words: `… [journal_newer_schema]`; empty where there is none. */
export function codeIn(said: string): string {
  return /\[([a-z_]+)\]$/.exec(said)?.[1] ?? '';
}

/** A newer version that can be put in place of this one. */
export interface OfferedUpdate {
  version: string;
  notes: string;
}

/** Why a newer version is not in place, or has not begun. */
export type UpdateFault =
  /** The engine says what must not be interrupted. */
  | { code: 'refused'; error: PageError }
  /** `cause`: as the system says it. */
  | { code: 'unreachable' | 'unsigned' | 'not_installed' | 'unanswered' | 'stays'; cause: string }
  | { code: 'stands_still'; seconds: number }
  | { code: 'stopped' | 'over' }
  /** It is installed. `why`: what keeps the engine from ending. */
  | { code: 'waits'; why: UpdateFault };

/** What a host's refusal to bring a newer version says. */
export function updateFaultOf(refusal: unknown): UpdateFault {
  const fields = Object(refusal) as Record<'code' | 'cause' | 'error' | 'seconds' | 'why', unknown>;
  const { code, cause, error, seconds, why } = fields;
  const said = typeof cause === 'string' ? cause : String(refusal);
  switch (code) {
    case 'refused':
      return { code, error: error as PageError };
    case 'stands_still':
      return { code, seconds: Number(seconds) };
    case 'stopped':
    case 'over':
      return { code };
    case 'waits':
      return { code, why: updateFaultOf(why) };
    case 'unreachable':
    case 'unsigned':
    case 'unanswered':
    case 'stays':
      return { code, cause: said };
    default:
      return { code: 'not_installed', cause: said };
  }
}

/** Newer versions of the window and its engine. */
export interface Updates {
  /** `null` when this one is the newest. */
  look(): Promise<OfferedUpdate | null>;
  /** Fetches what was found and puts it in place, then begins anew. Refuses with an {@link UpdateFault}. */
  install(told: (share: number | null) => void): Promise<void>;
  /** Stops fetching; the install refuses then. What is here already is installed. */
  stop(): Promise<void>;
}

export type FileKind = 'media' | 'image' | 'sheet';

export interface Host {
  readonly kind: 'desktop' | 'browser';
  /** Asked again before every connection: a restarted engine may listen elsewhere. Refuses with an {@link EngineFault}. */
  engine(): Promise<EngineAddress>;
  /** Shows the prompter in a window of its own, or brings it to the front. */
  openPrompter(): Promise<void>;
  /** Of use where {@link EngineAddress} says so. */
  updates?: Updates;
  /** Ends the engine and begins anew with what is installed. Refuses with an {@link UpdateFault}. */
  beginAnew?: () => Promise<void>;
  /** Path of a file on this machine, `null` when the person changed their mind. Absent where no path can be had. */
  pickFile?: (kind: FileKind) => Promise<string | null>;
}
