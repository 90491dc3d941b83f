// Sentences about things of the show: ids become names, codes become words.
import { bitrate, bytes, dayAndTime, listOf, minutes, textOf, decimal, whole } from '../format.ts';
import { hasMessage, t, tWire, type MessageKey } from '../messages/text.ts';
import type { Values } from '../messages/fill.ts';
import type { PageError } from '../wire/types.ts';
import { codeIn, type EngineFault, type UpdateFault } from '../host/host.ts';
import type { Incident } from './incidents.ts';
import { prefs } from './prefs.svelte.ts';
import type { Reach } from './reach.ts';
import type { Studio } from './studio.svelte.ts';

/** A code in words: `cause.tls_expired`; an unknown one is shown as it came rather than hidden. */
export function words(prefix: string, code: string): string {
  const key = `${prefix}.${code}`;
  return hasMessage(key) ? t(key) : code;
}

function named(studio: Studio, params: Readonly<Record<string, string>>): Values {
  const show = studio.show;
  const lang = prefs.lang;
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    const product = studio.products[value];
    if (name === 'product' && product !== undefined) out[name] = textOf(product.title, lang);
    else if (name === 'products') {
      const titles = value
        .split('\n')
        .map((id) => textOf(studio.products[id]?.title ?? { zh: id, en: id }, lang));
      out[name] = listOf(titles, lang);
    } else if (name === 'source' || name === 'input') out[name] = show?.sources[value]?.name ?? value;
    else if (name === 'destination') out[name] = show?.destinations[value]?.name ?? value;
    else if (name === 'rule') {
      const rule = studio.findings?.rules[value];
      out[name] = rule === undefined ? value : textOf(rule.name, lang);
    } else if (name === 'scene') {
      const scene = show?.scenes.find((candidate) => candidate.id === value);
      out[name] = scene === undefined ? value : textOf(scene.name, lang);
    } else if (name === 'by') out[name] = value === 'studio' ? t('team.studio') : value;
    else if (name === 'canvas') out[name] = words('canvas', value);
    else if (name === 'field') out[name] = words('field', value);
    else if (name === 'at') out[name] = dayAndTime(Number(value), lang);
    else if (name === 'rate' || name.endsWith('_rate')) out[name] = bitrate(Number(value), lang);
    else if (name === 'free') out[name] = bytes(Number(value), lang);
    else if (name === 'reason' || name === 'error' || name === 'cause') out[name] = words('cause', value);
    else out[name] = value;
  }
  return out;
}

/** Why there is no engine: the code at the end of its last words says it in the page's language. */
export function engineFault(fault: EngineFault): string {
  if (fault.code !== 'ended') return t(`engine.${fault.code}`, fault);
  const code = codeIn(fault.said);
  const said = hasMessage(`cause.${code}`) ? words('cause', code) : fault.said;
  return t('engine.ended', { ...fault, said });
}

export function errorText(studio: Studio, error: PageError): string {
  return tWire(error.message_key, named(studio, error.params), 'error.unknown');
}

/** Why a newer version is not in place. */
export function updateFault(studio: Studio, fault: UpdateFault): string {
  switch (fault.code) {
    case 'refused':
      return errorText(studio, fault.error);
    case 'waits':
      return t('newer_fault.waits', { why: updateFault(studio, fault.why) });
    case 'stands_still':
      return t('newer_fault.stands_still', { seconds: fault.seconds });
    case 'stopped':
    case 'over':
      return t(`newer_fault.${fault.code}`);
    default:
      return t(`newer_fault.${fault.code}`, { cause: fault.cause });
  }
}

/** Keys of notices come bare or with their prefix. */
export function noticeText(studio: Studio, key: string, params: Readonly<Record<string, string>>): string {
  const full = hasMessage(`notice.${key}`) ? `notice.${key}` : key;
  return tWire(full, named(studio, params), 'notice.unknown');
}

export function checkText(studio: Studio, key: string, params: Readonly<Record<string, string>>): string {
  const full = hasMessage(`check.${key}`) ? `check.${key}` : key;
  return tWire(full, named(studio, params), 'check.unknown');
}

/** What happened, what still runs, what is next and when. */
export function incidentText(incident: Incident): { what: string; still: string; next: string } {
  return { what: whatHappened(incident), still: stillRuns(incident), next: nextStep(incident) };
}

/** When something is tried again, in two or three words: never "in 0 s". */
export function againText(inMs: number): string {
  const seconds = Math.ceil(inMs / 1000);
  return seconds > 0 ? t('health.retry_in', { seconds }) : t('health.trying');
}

function nextTry(inMs: number): string {
  const seconds = Math.ceil(inMs / 1000);
  return seconds > 0 ? t('next.retry', { seconds }) : t('next.trying');
}

/** Causes that lie between this computer and the world, not at one platform. */
const NETWORK: ReadonlySet<string> = new Set(['dns_failed', 'unreachable', 'timed_out', 'stalled']);

/** What still runs, what is next and what a person can do while nobody receives the show. */
export function nobodyText(reach: Reach): { still: string; next: string; you: string } {
  return {
    still: reach.recordingRuns ? t('reach.still_recording') : t('still.nothing'),
    next: reach.nextInMs === null ? '' : nextTry(reach.nextInMs),
    you:
      reach.wanted === 0
        ? t('reach.you_add')
        : reach.nextInMs === null
          ? t('reach.you_keys')
          : NETWORK.has(reach.cause)
            ? t('reach.you_network')
            : t('reach.you_check'),
  };
}

function whatHappened(incident: Incident): string {
  const { name, code, amount } = incident;
  const cause = code === '' ? '' : words('cause', code);
  switch (incident.subject) {
    case 'journal':
      return t('incident.journal', { cause });
    case 'picture': {
      const scene = incident.scene === null ? '' : textOf(incident.scene, prefs.lang);
      const why = t(`slate.${code}` as MessageKey, { scene });
      return incident.severity === 'lost' ? t('incident.slate', { why }) : t('incident.slate_would', { why });
    }
    case 'destination':
      if (code === 'behind') {
        return t('incident.behind', { name, seconds: decimal((amount ?? 0) / 1000, prefs.lang) });
      }
      if (cause === '') return t('incident.destination_plain', { name });
      return incident.serverWords === ''
        ? t('incident.destination', { name, cause })
        : t('incident.destination_said', { name, cause, words: incident.serverWords });
    case 'input':
      return cause === '' ? t('incident.input_plain', { name }) : t('incident.input', { name, cause });
    case 'recording':
      return t('incident.recording', { cause });
    case 'disk':
      return t('incident.disk', { minutes: whole((amount ?? 0) * 60, prefs.lang) });
    case 'chat':
      return cause === '' ? t('incident.chat_plain', { name }) : t('incident.chat', { name, cause });
    case 'encoder':
      return t('incident.encoder', {
        canvas: words('canvas', name),
        fps: whole(amount ?? 0, prefs.lang),
      });
  }
}

function stillRuns(incident: Incident): string {
  if (incident.missed === 'on_air') return t('still.slate');
  if (incident.missed === 'shown') return t('still.slate_ready');
  if (incident.missed === 'nowhere') return t('still.not_shown');
  const running = [...incident.stillLive];
  if (incident.subject === 'journal' && running.length === 0 && !incident.recordingRuns)
    return t('still.picture');
  if (incident.recordingRuns && incident.subject !== 'disk') running.push(t('still.recording'));
  if (running.length === 0) return incident.subject === 'destination' ? t('still.nothing') : '';
  const sentence = t('still.running', { list: listOf(running, prefs.lang), n: running.length });
  // A name keeps its letters, a word of ours begins its sentence.
  return incident.stillLive.length > 0 ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function nextStep(incident: Incident): string {
  const parts: string[] = [];
  const next = incident.next;
  if (next.kind === 'retry') parts.push(nextTry(next.inMs));
  else if (next.kind === 'trying') parts.push(t('next.trying'));
  else if (next.kind === 'slate') parts.push(t('next.slate'));
  else if (next.kind === 'catching_up') parts.push(t('next.catching_up'));
  else if (next.kind === 'room')
    parts.push(t('next.room', { seconds: Math.max(1, Math.ceil(next.inMs / 1000)) }));
  else if (next.kind === 'journal') parts.push(t(`next.journal_${next.step}` as MessageKey));
  else parts.push(t(`next.you_${next.step}` as MessageKey));
  if (incident.roomClosesInMs !== null) {
    parts.push(t('next.room_closes', { time: minutes(Math.ceil(incident.roomClosesInMs / 1000)) }));
  }
  return parts.join(' ');
}
