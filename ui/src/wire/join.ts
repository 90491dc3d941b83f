// How a device joins the team, over plain HTTP: the secret goes in the body, never in an address.
import { localError, type Outcome } from './client.ts';
import type { InvitedView, JoinedView, PageError } from './types.ts';

async function offer<T>(path: 'invite' | 'join', secret: string): Promise<Outcome<T>> {
  try {
    const response = await fetch(`/api/team/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret }),
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
