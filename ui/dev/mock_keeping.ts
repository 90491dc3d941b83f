// Evidence and what is kept, without an engine: evidence goes on by a third with every look.
import type { EvidenceView, KeepingView, Request } from '../src/wire/types.ts';

const DAY = 24 * 3_600_000;
const GB = 1_000_000_000;
const BEGAN = Date.UTC(2026, 10, 21, 11, 30);
const FINGERPRINT = '9f2c1a7be04d5368a1f0c2e4b6d8907153ac2e4f6180b9d7c5e3a1f20486bd97';

const made = new Map<string, EvidenceView>();
let years: number | null = 3;

function evidenceOf(key: string, show: number): EvidenceView {
  const known = made.get(key);
  if (known !== undefined) return known;
  return {
    show,
    state: 'none',
    folder: 'evidence/20261121-113000',
    done_bytes: 0,
    total_bytes: 2.4 * GB,
    files: 0,
    fingerprint: '',
    made_at: null,
    gone: [],
    error: '',
  };
}

function step(view: EvidenceView): EvidenceView {
  if (view.state !== 'working') return view;
  const done = view.done_bytes + view.total_bytes / 3;
  if (done < view.total_bytes) return { ...view, done_bytes: done };
  return {
    ...view,
    state: 'made',
    done_bytes: view.total_bytes,
    files: 11,
    fingerprint: FINGERPRINT,
    made_at: BEGAN + DAY,
    gone: ['20261121-121000-02-portrait.mp4'],
  };
}

function keeping(): KeepingView {
  const due = (began: number): number | null => (years === null ? null : began + years * 366 * DAY);
  const kept = (show: number, began: number, size: number): KeepingView['shows'][number] => ({
    show,
    name: '秋日果园专场',
    kind: 'live',
    began,
    due: due(began),
    is_due: years !== null && began + years * 366 * DAY < BEGAN,
    bytes: size,
  });
  return {
    years,
    recordings_bytes: 61 * GB,
    evidence_bytes: 0.04 * GB,
    clips_bytes: 3.1 * GB,
    other_bytes: 1.2 * GB,
    free_bytes: 118 * GB,
    shows: [
      kept(2, BEGAN - 1200 * DAY, 4.4 * GB),
      kept(7, BEGAN - 7 * DAY, 2.2 * GB),
      kept(40, BEGAN, 2.4 * GB),
    ],
  };
}

/** The answer to what is asked of evidence and of what is kept; `undefined` for everything else. */
export function kept(world: string, request: Request): unknown {
  switch (request.ask) {
    case 'evidence': {
      const key = `${world} ${request.show}`;
      const view = step(evidenceOf(key, request.show));
      made.set(key, view);
      return view;
    }
    case 'make_evidence': {
      const key = `${world} ${request.show}`;
      const view: EvidenceView = { ...evidenceOf(key, request.show), state: 'working' };
      made.set(key, view);
      return view;
    }
    case 'stop_evidence':
      made.clear();
      return null;
    case 'set_keeping':
      years = request.years;
      return keeping();
    case 'keeping':
    case 'remove_kept':
      return keeping();
    default:
      return undefined;
  }
}
