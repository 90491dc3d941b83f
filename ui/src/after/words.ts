// What the page after the show and its exports say of a recap.
import { clock, minutes, money, textOf, whole } from '../format.ts';
import { t } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import { words } from '../state/sentences.ts';
import type {
  ClipView,
  Recap,
  RecapIncident,
  RecapProduct,
  RecapTotals,
  Sales,
  Takings,
} from '../wire/types.ts';

export function titleOf(recap: Recap, product: string | null, lang: Lang): string {
  if (product === null) return '';
  const found = recap.products.find((known) => known.product === product);
  const title = found === undefined ? '' : textOf(found.title, lang);
  return title === '' ? product : title;
}

/** `4:32` or `1:04:32`. */
export function lengthOf(ms: number): string {
  return minutes(Math.round(Math.max(0, ms) / 1000));
}

/** When in the show, counted from its beginning: `00:12:05`. */
export function intoShow(recap: Recap, at: number): string {
  return clock(Math.floor(Math.max(0, at - recap.began) / 1000));
}

/** What is pasted where a clip is put up: title with specification, then the link. Empty without a title. */
export function pasteText(product: RecapProduct | undefined, lang: Lang): string {
  if (product === undefined) return '';
  const own = (text: { zh: string; en: string }): string => (lang === 'zh-CN' ? text.zh : text.en);
  const title = own(product.title);
  if (title === '') return '';
  const head = [title, own(product.spec)].filter((part) => part !== '').join(' ');
  return [head, product.link ?? ''].filter((part) => part !== '').join('\n');
}

/** Why a clip is not there, in words. */
export function clipFault(code: string): string {
  switch (code) {
    case 'disk_full':
      return t('after.fault_disk');
    case 'unwritable':
      return t('after.fault_unwritable');
    case 'nothing_there':
      return t('after.fault_nothing');
    default:
      return t('after.fault_part');
  }
}

/** Why the evidence is not there, in words. */
export function evidenceFault(code: string): string {
  switch (code) {
    case 'disk_full':
      return t('after.evidence_fault_disk');
    case 'still_written':
      return t('after.evidence_writing');
    case 'went_live':
      return t('after.evidence_fault_live');
    case 'chain_broken':
      return t('after.evidence_fault_chain');
    case 'part_unreadable':
      return t('after.evidence_fault_part');
    default:
      return t('after.evidence_fault_unwritable');
  }
}

/** What went wrong with the stream, in words. */
export function incidentWhat(incident: RecapIncident): string {
  const { name } = incident;
  const why = incident.code === '' ? '' : words('cause', incident.code);
  switch (incident.kind) {
    case 'destination':
      return why === ''
        ? t('after.incident_destination', { name })
        : t('after.incident_destination_why', { name, why });
    case 'input':
      return why === '' ? t('after.incident_input', { name }) : t('after.incident_input_why', { name, why });
    case 'bitrate':
      return t('after.incident_bitrate', { name, kbps: incident.kbps ?? 0 });
    case 'recording':
      return t('after.incident_recording', { why });
    case 'engine':
      return t('after.incident_engine');
    default:
      return t('after.incident_computer');
  }
}

/** How long it was, and what it cost. */
export function incidentLength(recap: Recap, incident: RecapIncident): string {
  const long = lengthOf((incident.to ?? recap.ended) - incident.from);
  const parts = [incident.to === null ? t('after.incident_open', { length: long }) : long];
  if (incident.dropped !== null && incident.dropped > 0)
    parts.push(t('after.incident_dropped', { count: incident.dropped }));
  return parts.join(' · ');
}

/** How the work stands, in figures. */
export function progressOf(clips: readonly ClipView[]): { made: number; failed: number; wanted: number } {
  const wanted = clips.filter((clip) => clip.state !== 'not_recorded' && clip.state !== 'too_short');
  return {
    made: wanted.filter((clip) => clip.state === 'made').length,
    failed: wanted.filter((clip) => clip.state === 'failed').length,
    wanted: wanted.length,
  };
}

/** `+12`, `−3`, `±0`: against the show before; `null` where one of them is not known. */
export function against(now: number | null, before: number | null): string | null {
  if (now === null || before === null) return null;
  const change = now - before;
  if (change === 0) return '±0';
  return change > 0 ? `+${change}` : `−${-change}`;
}

/** Units paid, and what else became of orders, where there are such; unknown where no shop told of any. */
export function soldOf(sales: Sales | null, lang: Lang): string {
  if (sales === null) return t('after.unknown');
  return [t('after.sold_paid', { paid: whole(sales.paid, lang) }), ...soldParts(sales, lang)].join(' · ');
}

function soldParts({ open, refunded, cancelled }: Sales, lang: Lang): string[] {
  const count = (units: number): string => whole(units, lang);
  if (open + refunded + cancelled === 0) return [];
  return [
    t('after.sold_parts', { open: count(open), refunded: count(refunded), cancelled: count(cancelled) }),
  ];
}

/** A figure of the show, and small beside it how it was before and what else belongs to it. */
export interface Figure {
  name: string;
  value: string;
  change: string | null;
}

/** What was sold and taken, against the show before. */
export function salesFigures(totals: RecapTotals, before: RecapTotals | null, lang: Lang): Figure[] {
  const { sales, takings } = totals;
  if (sales === null) return [{ name: t('after.sold'), value: t('after.unknown'), change: null }];
  const beside = (parts: (string | null)[]): string | null =>
    parts.filter((part) => part !== null && part !== '').join(' · ') || null;
  return [
    {
      name: t('after.sold'),
      value: t('after.sold_paid', { paid: whole(sales.paid, lang) }),
      change: beside([against(sales.paid, before?.sales?.paid ?? null), ...soldParts(sales, lang)]),
    },
    {
      name: t('after.taken'),
      value: takings.map(({ paid }) => money(paid, lang)).join(' + ') || t('after.unknown'),
      change: beside([
        takenAgainst(takings, before?.takings ?? null, lang),
        ...takings
          .filter(({ refunded }) => refunded.minor > 0)
          .map(({ refunded }) => t('after.taken_refunded', { refunded: money(refunded, lang) })),
      ]),
    },
  ];
}

/** Units that were ordered while a product was shown: those paid, and how many there were in all where that differs. */
export function unitsOf(sales: Sales, lang: Lang): string {
  const all = sales.paid + sales.open + sales.refunded + sales.cancelled;
  const paid = whole(sales.paid, lang);
  return all === sales.paid ? paid : t('after.sold_of', { paid, all: whole(all, lang) });
}

/** What was taken, each currency by itself, and what went back; empty where no shop said an amount. */
export function takenOf(takings: readonly Takings[], lang: Lang): string {
  const sums = new Map<string, { paid: number; refunded: number }>();
  for (const { paid, refunded } of takings) {
    const known = sums.get(paid.currency) ?? { paid: 0, refunded: 0 };
    sums.set(paid.currency, {
      paid: known.paid + paid.minor,
      refunded: known.refunded + refunded.minor,
    });
  }
  const parts = [...sums].map(([currency, { paid, refunded }]) => {
    const kept = money({ minor: paid, currency }, lang);
    if (refunded === 0) return kept;
    return `${kept} · ${t('after.taken_refunded', { refunded: money({ minor: refunded, currency }, lang) })}`;
  });
  return parts.join(' + ');
}

/** How much more or less was taken than before, where both shows are known in one currency. */
export function takenAgainst(
  now: readonly Takings[],
  before: readonly Takings[] | null,
  lang: Lang,
): string | null {
  const [one] = now;
  const other = before?.find((taken) => taken.paid.currency === one?.paid.currency);
  if (one === undefined || now.length > 1 || other === undefined) return null;
  const minor = one.paid.minor - other.paid.minor;
  if (minor === 0) return '±0';
  return `${minor > 0 ? '+' : '−'}${money({ minor: Math.abs(minor), currency: one.paid.currency }, lang)}`;
}
