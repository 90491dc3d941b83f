// Acting on the platform that a line came from: who can, what is undone by what, and what is said of the outcome.
import { t } from '../messages/text.ts';
import type { ChatAct, ChatLine, ChatOutcomeAt, StatusView } from '../wire/types.ts';
import { words } from './sentences.ts';

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
    case 'slow_mode':
      return act.seconds === null ? null : { act: 'slow_mode', seconds: null };
    default:
      return null;
  }
}

/** What became of an act at one connection, as a sentence. */
export function acted(act: ChatAct, { kind, target, became }: ChatOutcomeAt): string {
  const platform = words('chat_kind', kind);
  const values = {
    where: target === '' ? platform : `${platform} ${target}`,
    act: words('act', act.act),
  };
  switch (became.outcome) {
    case 'done':
      return t('acts.done', values);
    case 'not_supported':
      return t('acts.not_supported', values);
    case 'failed':
      return t('acts.failed', { ...values, why: words('act_fault', became.why) });
  }
}
