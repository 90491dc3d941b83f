// Acting on the platform that a line came from: who can, what is undone by what, and what is said of the outcome.
import { t } from '../messages/text.ts';
import type {
  ChatAct,
  ChatActed,
  ChatLine,
  ChatOutcomeAt,
  PlatformAct,
  PlatformBecame,
  PlatformOutcome,
  StatusView,
} from '../wire/types.ts';
import { words } from './sentences.ts';
import type { Studio } from './studio.svelte.ts';

/** Connections whose lines carry another name than their kind. */
const PLATFORM_OF: Readonly<Record<string, string>> = { twitch_token: 'twitch' };

/** The acts that some connection of this line's platform can do. */
export function ableAbout(status: StatusView | null, line: ChatLine): ReadonlySet<string> {
  const chats = status?.chat ?? [];
  return new Set(
    chats.filter(({ kind }) => (PLATFORM_OF[kind] ?? kind) === line.platform).flatMap(({ able }) => able),
  );
}

/** The act that takes another back, if there is one. */
export function undoOf(act: ChatAct): ChatAct | null {
  switch (act.act) {
    case 'delete':
      return { act: 'restore', message: act.message };
    case 'time_out':
    case 'ban':
      return { act: 'pardon', message: act.message };
    case 'pin':
      return { act: 'unpin', message: act.message };
    case 'slow_mode':
      return act.seconds === null ? null : { act: 'slow_mode', seconds: null };
    default:
      return null;
  }
}

/** What was done, what became of it in words, and whether any platform did it. */
export interface Acted {
  act: ChatAct;
  said: { text: string; done: boolean }[];
  done: boolean;
}

/** What an act is looked up by while it is under way: one about another line waits for nothing. */
export function actKey(act: ChatAct): string {
  const about = 'message' in act ? act.message : 'to' in act ? (act.to ?? '') : '';
  return `act:${act.act}:${about}`;
}

/** Does it and says what became of it; null when the studio did not take it, which it said itself. */
export async function actOnChat(studio: Studio, act: ChatAct): Promise<Acted | null> {
  const outcome = await studio.ask<ChatActed>({ ask: 'act_on_chat', act }, actKey(act));
  if (!outcome.ok) {
    studio.complain(outcome.error);
    return null;
  }
  const { outcomes } = outcome.data;
  const said = outcomes.map((one) => ({ text: acted(act, one), done: one.became.outcome === 'done' }));
  return {
    act,
    done: said.some(({ done }) => done),
    said: said.length === 0 ? [{ text: t('acts.nowhere'), done: false }] : said,
  };
}

/** What became of an act at one connection, as a sentence. */
export function acted(act: ChatAct, { kind, target, became }: ChatOutcomeAt): string {
  const platform = words('chat_kind', kind);
  const where = target === '' ? platform : `${platform} ${target}`;
  return outcomeText(
    named(act.act, 'seconds' in act ? act.seconds : null),
    where,
    became.outcome,
    became.outcome === 'failed' ? became.why : '',
  );
}

/** What became of an act that the journal has, at one connection. */
export function noted(act: PlatformAct, { platform, became, why }: PlatformOutcome): string {
  return outcomeText(named(act.kind, act.seconds), words('chat_kind', platform), became, why);
}

/** Without a wait slow mode is switched off. */
function named(act: string, seconds: number | null): string {
  return act === 'slow_mode' && seconds === null ? 'slow_mode_off' : act;
}

function outcomeText(act: string, where: string, became: PlatformBecame, why: string): string {
  const values = { where, act: words('act', act) };
  switch (became) {
    case 'done':
      return t('acts.done', values);
    case 'not_supported':
      return t('acts.not_supported', values);
    case 'failed':
      return t('acts.failed', { ...values, why: words('act_fault', why) });
  }
}
