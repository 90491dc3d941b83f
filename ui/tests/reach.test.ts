import { describe, expect, it } from 'vitest';
import { reachOf, type ReachKind } from '../src/state/reach.ts';
import type { CanvasStatus, DestinationHealth, RunState, ShowView, StatusView } from '../src/wire/types.ts';
import { demoShow } from '../dev/demo.ts';

const LIVE: RunState = { state: 'live' };
const RETRYING: RunState = { state: 'retrying', attempt: 4, next_in_ms: 5000 };
const STARTING: RunState = { state: 'starting' };
const STOPPED: RunState = { state: 'stopped' };

const RECORDED: CanvasStatus = {
  canvas: 'landscape',
  encoder: null,
  recording: { file: 'a.mp4', bytes: 1, seconds: 1, error: '', next_in_ms: null },
  receiver: null,
};

/** The demo's three destinations in use, live for ten minutes, each in the state given. */
function world(runs: [RunState, string][], recording = true): [ShowView, StatusView] {
  const ids = ['bili', 'yt', 'twitch'];
  const show = demoShow(0);
  show.phase = { phase: 'live', since: 0 };
  const destinations = runs.map(([run, error], i): DestinationHealth => ({
    id: ids[i] ?? '',
    run,
    kbps: 0,
    frames_sent: 0,
    frames_dropped: 0,
    backlog_ms: 0,
    reconnects: 0,
    error,
    room_closes_in_ms: null,
    has_key: true,
    target_kbps: 2500,
    codec: null,
    codec_note: '',
  }));
  const status: StatusView = {
    now: 0,
    uptime_ms: 0,
    inputs: [],
    canvases: recording ? [RECORDED] : [],
    destinations,
    recordings_folder: '',
    replay_s: null,
    disk_free_bytes: null,
    disk_room_s: null,
    uplink_kbps: 0,
    chat: [],
    journal: null,
    slate: null,
    key_store: 'keychain',
    phrases: false,
    undo: null,
    is_replaced: false,
    warnings: [],
  };
  return [show, status];
}

const LATE = 600_000;
const kind = (...given: Parameters<typeof world>): ReachKind | undefined =>
  reachOf(...world(...given), LATE, 0)?.kind;

describe('whom the show reaches', () => {
  it('is nobody when every destination is down, whatever the phase says', () => {
    expect(
      kind([
        [RETRYING, 'unreachable'],
        [RETRYING, 'refused'],
        [STOPPED, 'no_key'],
      ]),
    ).toBe('nobody');
  });

  it('does not count one that pauses for the others', () => {
    const [show, status] = world([
      [LIVE, ''],
      [LIVE, ''],
      [LIVE, ''],
    ]);
    const paused = status.destinations[1];
    if (paused !== undefined) paused.target_kbps = 0;
    expect(reachOf(show, status, LATE, 0)).toMatchObject({ kind: 'some', live: 2, wanted: 3 });
  });

  it('is some when one of them gets the stream, and all when every one does', () => {
    expect(
      kind([
        [LIVE, ''],
        [RETRYING, 'refused'],
        [LIVE, ''],
      ]),
    ).toBe('some');
    expect(
      kind([
        [LIVE, ''],
        [LIVE, ''],
        [LIVE, ''],
      ]),
    ).toBe('all');
  });

  it('is nobody while what was sent gets nowhere', () => {
    expect(
      kind([
        [{ state: 'stalled' }, ''],
        [{ state: 'stalled' }, ''],
        [{ state: 'stalled' }, ''],
      ]),
    ).toBe('nobody');
  });

  it('is the recording alone when no destination is in use', () => {
    const [show, status] = world([]);
    for (const destination of Object.values(show.destinations)) if (destination) destination.enabled = false;
    expect(reachOf(show, status, LATE, 0)?.kind).toBe('recording_only');
    expect(reachOf(show, { ...status, canvases: [] }, LATE, 0)?.kind).toBe('nobody');
  });

  it('is not yet nobody in the first seconds, unless something failed already', () => {
    const [show, status] = world([
      [STARTING, ''],
      [STARTING, ''],
      [STOPPED, ''],
    ]);
    expect(reachOf(show, status, 3000, 0)?.kind).toBe('connecting');
    expect(reachOf(show, status, 30_000, 0)?.kind).toBe('nobody');
    const failed = world([
      [STARTING, ''],
      [RETRYING, 'refused'],
      [STOPPED, ''],
    ]);
    expect(reachOf(...failed, 3000, 0)?.kind).toBe('nobody');
  });

  it('tells when the first of them is tried again, and the cause where it is one', () => {
    const later: RunState = { state: 'retrying', attempt: 2, next_in_ms: 9000 };
    expect(
      reachOf(
        ...world([
          [RETRYING, 'unreachable'],
          [later, 'unreachable'],
        ]),
        LATE,
        1000,
      ),
    ).toMatchObject({ nextInMs: 4000, cause: 'unreachable' });
    expect(
      reachOf(
        ...world([
          [STOPPED, 'no_key'],
          [STOPPED, 'bad_url'],
        ]),
        LATE,
        0,
      ),
    ).toMatchObject({ nextInMs: null, cause: '' });
  });

  it('is no question outside a live show', () => {
    const [show, status] = world([]);
    expect(reachOf({ ...show, phase: { phase: 'rehearsing', since: 0 } }, status, LATE, 0)).toBeNull();
  });
});
