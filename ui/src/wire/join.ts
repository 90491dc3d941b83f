// How a device joins the team, over plain HTTP: the secret goes in the body, never in an address.
import { baseOf } from '../host/browser.ts';
import { randomId } from '../random_id.ts';
import { localError, type Outcome } from './client.ts';
import type { InvitedView, JoinedView, PageError } from './types.ts';

const STORED = 'stallcast.browser';

/**
 * What only this browser calls itself: whoever joined and did not hear so, because the answer was lost, joins again by it.
 * Alone it opens nothing.
 */
function thisBrowser(): string {
  const known = localStorage.getItem(STORED);
  if (known !== null) return known;
  const made = randomId() + randomId();
  localStorage.setItem(STORED, made);
  return made;
}

async function offer<T>(path: 'invite' | 'join', secret: string): Promise<Outcome<T>> {
  try {
    const response = await fetch(`${baseOf(location.href)}/api/team/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, once: thisBrowser() }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { ok: true, data: answer as T };
    return { ok: false, error: errorIn(answer) ?? localError('not_connected') };
  } catch {
    return { ok: false, error: localError('not_connected') };
  }
}

function errorIn(answer: unknown): PageError | null {
  if (typeof answer !== 'object' || answer === null || !('message_key' in answer)) return null;
  return answer as PageError;
}

/** What an invite is for; it stays open. */
export function lookAtInvite(secret: string): Promise<Outcome<InvitedView>> {
  return offer('invite', secret);
}

/** Uses the invite up. */
export function join(secret: string): Promise<Outcome<JoinedView>> {
  return offer('join', secret);
}
