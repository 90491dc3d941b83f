// The host of a page that the engine itself served to a browser.
import type { EngineAddress, Host } from './host.ts';

const STORED = 'stallcast.token';
/** A member's token: the phone keeps it, until the studio ends its access. */
const MEMBERS = 'stallcast.member';

/** Reads `#token=...` or `#join=...`; anything else in the fragment is a page, not a secret. */
export function fromFragment(fragment: string, name: 'token' | 'join'): string | null {
  const value = new URLSearchParams(fragment.replace(/^#/, '')).get(name);
  return value !== null && value !== '' ? value : null;
}

/** Takes an invite out of the address bar, so that it is neither shared nor kept in the history. */
export function takeInvite(): string | null {
  const secret = fromFragment(location.hash, 'join');
  if (secret !== null) history.replaceState(null, '', location.pathname + location.search);
  return secret;
}

/** Whether this device joined before. */
export function isMember(): boolean {
  return localStorage.getItem(MEMBERS) !== null;
}

/** Keeps the token of a device that joined. */
export function keepMember(token: string): void {
  sessionStorage.removeItem(STORED);
  localStorage.setItem(MEMBERS, token);
}

/** Takes the token out of the address bar, so that it is neither shared nor kept in the history. */
function takeToken(): string {
  const given = fromFragment(location.hash, 'token');
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(STORED) ?? localStorage.getItem(MEMBERS) ?? '';
}

/** Its own window has this page's token: a window that a page opens begins with a copy of its session storage. */
function openPrompter(): Promise<void> {
  window.open(`${location.pathname}#prompter`, 'stallcast-prompter', 'popup,width=960,height=600')?.focus();
  return Promise.resolve();
}

export function browserHost(): Host {
  const address: EngineAddress = { base: location.origin, token: takeToken() };
  return { kind: 'browser', engine: () => Promise.resolve(address), openPrompter };
}
