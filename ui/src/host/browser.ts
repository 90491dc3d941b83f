// The host of a page that the engine itself served to a browser.
import type { EngineAddress, Host } from './host.ts';

const STORED = 'stallcast.token';

/** `https://host/folder/` of this page, without the slash: at the studio the origin itself, at a relay the room's folder. */
export function baseOf(href: string): string {
  const folder = new URL('.', href);
  return folder.origin + folder.pathname.replace(/\/$/, '');
}

/** A member's token: the phone keeps it, until the studio ends its access. At a relay each room has its own. */
function members(): string {
  return `stallcast.member${new URL(baseOf(location.href)).pathname.replace(/^\/$/, '')}`;
}

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
  return localStorage.getItem(members()) !== null;
}

/** Keeps the token of a device that joined. */
export function keepMember(token: string): void {
  sessionStorage.removeItem(STORED);
  localStorage.setItem(members(), token);
}

/** Takes the token out of the address bar, so that it is neither shared nor kept in the history. */
function takeToken(): string {
  const given = fromFragment(location.hash, 'token');
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(STORED) ?? localStorage.getItem(members()) ?? '';
}

/** Its own window has this page's token: a window that a page opens begins with a copy of its session storage. */
function openPrompter(): Promise<void> {
  window.open(`${location.pathname}#prompter`, 'stallcast-prompter', 'popup,width=960,height=600')?.focus();
  return Promise.resolve();
}

export function browserHost(): Host {
  const address: EngineAddress = { base: baseOf(location.href), token: takeToken() };
  return { kind: 'browser', engine: () => Promise.resolve(address), openPrompter };
}
