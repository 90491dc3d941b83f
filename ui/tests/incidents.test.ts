import { describe, expect, it } from 'vitest';
import { diskHours, incidentsOf } from '../src/state/incidents.ts';
import type { DestinationHealth, ShowView, StatusView } from '../src/wire/types.ts';
import { demoShow } from '../dev/demo.ts';

function health(id: string, more: Partial<DestinationHealth> = {}): DestinationHealth {
  return {
    id,
    run: { state: 'live' },
    kbps: 2500,
    frames_sent: 1,
    frames_dropped: 0,
    backlog_ms: 0,
    reconnects: 0,
    error: '',
    room_closes_in_ms: null,
    has_key: true,
    target_kbps: 2500,
    ...more,
  };
}

function world(destinations: DestinationHealth[], more: Partial<StatusView> = {}): [ShowView, StatusView] {
  const show = demoShow(0);
  show.phase = { phase: 'live', since: 0 };
  return [
    show,
    {
      now: 0,
      uptime_ms: 0,
      inputs: [],
      encoder: null,
      destinations,
      recording: { file: 'a.mp4', bytes: 1, seconds: 1, error: '' },
      receiver: null,
      disk_free_bytes: null,
      uplink_kbps: 0,
      chat: [],
      warnings: [],
      ...more,
    },
  ];
}

describe('incidents', () => {
  it('are none while all is well', () => {
    expect(incidentsOf(...world([health('bili'), health('yt')]), 0)).toEqual([]);
  });

  it('promise a slate for a frozen picture and none for a silent microphone', () => {
    const input = (detail: string) => ({ id: 'cam', run: { state: 'stalled' as const }, detail });
    const of = (detail: string) => incidentsOf(...world([health('bili')], { inputs: [input(detail)] }), 0)[0];
    expect(of('frozen')).toMatchObject({ code: 'frozen', next: { kind: 'slate' } });
    expect(of('')).toMatchObject({ code: 'stalled', next: { kind: 'slate' } });
    expect(of('silent')).toMatchObject({ code: 'silent', next: { kind: 'you', step: 'source' } });
  });

  it('say what happened, what still runs and when the next try is', () => {
    const down = health('twitch', {
      run: { state: 'retrying', attempt: 2, next_in_ms: 5000 },
      error: 'unreachable',
      room_closes_in_ms: 60_000,
    });
    const [incident] = incidentsOf(...world([health('bili'), down]), 2000);
    expect(incident).toMatchObject({
      severity: 'lost',
      name: 'Twitch',
      code: 'unreachable',
      stillLive: ['Bilibili'],
      recordingRuns: true,
      next: { kind: 'retry', inMs: 3000, attempt: 2 },
      roomClosesInMs: 58_000,
    });
  });

  it('ask for a person where trying again cannot help', () => {
    const down = health('twitch', { run: { state: 'stopped' }, error: 'bad_url' });
    expect(incidentsOf(...world([down]), 0)[0]?.next).toEqual({ kind: 'you', step: 'url' });
  });

  it('are silent about destinations that are not used', () => {
    expect(
      incidentsOf(...world([health('own', { run: { state: 'stopped' }, error: 'refused' })]), 0),
    ).toEqual([]);
  });

  it('are silent about destinations before the show', () => {
    const [show, status] = world([health('bili', { run: { state: 'stopped' }, error: 'no_key' })]);
    expect(incidentsOf({ ...show, phase: { phase: 'rehearsing', since: 0 } }, status, 0)).toEqual([]);
  });

  it('put what is being lost before what is being worked on', () => {
    const slow = health('bili', { backlog_ms: 4000 });
    const down = health('yt', { run: { state: 'stalled' } });
    expect(incidentsOf(...world([slow, down]), 0).map((incident) => incident.severity)).toEqual([
      'lost',
      'working',
    ]);
  });

  it('count what fits on the disk at the present rate', () => {
    const encoder = {
      name: 'x',
      hardware: false,
      reason: '',
      kbps: 2372,
      width: 1,
      height: 1,
      fps: 30,
      frames: 0,
      late_frames: 0,
      skipped_frames: 0,
    };
    const [, status] = world([], { encoder, disk_free_bytes: 1_125_000_000 });
    expect(diskHours(status)).toBeCloseTo(1, 5);
  });

  it('tell a recording that ended from one that runs', () => {
    const [show, status] = world([], {
      recording: { file: 'a.mp4', bytes: 1, seconds: 1, error: 'disk_full' },
    });
    expect(incidentsOf(show, status, 0)[0]).toMatchObject({
      subject: 'recording',
      severity: 'lost',
      recordingRuns: false,
    });
  });
});
