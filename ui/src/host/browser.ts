// The host of a page that the engine itself served to a browser.
import type { EngineAddress, Host } from './host.ts';

const STORED = 'stallcast.token';

/** Reads `#token=...`; anything else in the fragment is a page, not a token. */
export function tokenFromFragment(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token');
  return token !== null && token !== '' ? token : null;
}

/** Takes the token out of the address bar, so that it is neither shared nor kept in the history. */
function takeToken(): string {
  const given = tokenFromFragment(location.hash);
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(STORED) ?? '';
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
