// Whom the show reaches: what LIVE is worth. A stream that nobody gets must never look like one that is seen.
import { recordingsOf } from './outputs.ts';
import type { DestinationHealth, ShowView, StatusView } from '../wire/types.ts';

/**
 * `all`, `some`, `nobody`: of the destinations in use. `connecting`: just gone live, nothing has failed yet.
 * `recording_only`: no destination is in use, the recording runs.
 */
export type ReachKind = 'all' | 'some' | 'nobody' | 'connecting' | 'recording_only';

export interface Reach {
  kind: ReachKind;
  /** Destinations that get the stream now. */
  live: number;
  /** Destinations in use. */
  wanted: number;
  recordingRuns: boolean;
  /** Milliseconds until the first of them is tried again, 0 = being tried; `null` = nothing is tried any more. */
  nextInMs: number | null;
  /** The one cause all of them have; empty where they differ or gave none. */
  cause: string;
}

/** First connections are made within seconds: a handshake and a publish have 5 s each (delivery/src/publisher.rs). */
const CONNECTING_MS = 12_000;

/** Whether a destination gets the show: one that pauses for the others is connected and gets nothing. */
export function receives(health: DestinationHealth): boolean {
  return health.run.state === 'live' && health.target_kbps > 0;
}

/** `null` while the show is not live, or nothing is known of it. `now` is the engine's clock, ms. */
export function reachOf(
  show: ShowView | null,
  status: StatusView | null,
  now: number,
  elapsedMs: number,
): Reach | null {
  if (show === null || status === null || show.phase.phase !== 'live') return null;
  const recordingRuns = recordingsOf(status).some(({ error }) => error === '');
  const wanted = Object.values(show.destinations).filter((destination) => destination?.enabled === true);
  const healths = status.destinations.filter((health) => show.destinations[health.id]?.enabled === true);
  const live = healths.filter(receives).length;

  const waits = healths.flatMap(({ run }) =>
    run.state === 'retrying'
      ? [Math.max(0, run.next_in_ms - elapsedMs)]
      : run.state === 'starting' || run.state === 'stalled'
        ? [0]
        : [],
  );
  const causes = new Set(healths.filter(({ run }) => run.state !== 'live').map(({ error }) => error));
  const [cause] = causes.size === 1 ? causes : [''];
  const fresh = now - show.phase.since < CONNECTING_MS && healths.every((health) => health.error === '');

  let kind: ReachKind;
  if (wanted.length === 0) kind = recordingRuns ? 'recording_only' : 'nobody';
  else if (live === wanted.length) kind = 'all';
  else if (live > 0) kind = 'some';
  else kind = fresh ? 'connecting' : 'nobody';
  return {
    kind,
    live,
    wanted: wanted.length,
    recordingRuns,
    nextInMs: waits.length === 0 ? null : Math.min(...waits),
    cause: cause ?? '',
  };
}
