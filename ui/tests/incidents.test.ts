import { describe, expect, it } from 'vitest';
import { incidentsOf } from '../src/state/incidents.ts';
import type {
  Canvas,
  CanvasStatus,
  DestinationHealth,
  RecordingStatus,
  ShowView,
  StatusView,
} from '../src/wire/types.ts';
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
    codec: null,
    codec_note: '',
    ...more,
  };
}

/** One canvas that is recorded, so that the recording is as told. */
function recorded(more: Partial<RecordingStatus>, canvas: Canvas = 'landscape'): CanvasStatus[] {
  const recording = { file: `${canvas}.mp4`, bytes: 1, seconds: 1, error: '', next_in_ms: null, ...more };
  return [{ canvas, encoder: null, recording, receiver: null }];
}

/** A canvas that gets its pictures, or too few of them. */
function paced(real_fps: number, too_slow: boolean): CanvasStatus {
  const encoder = {
    name: 'x264enc',
    hardware: false,
    reason: '',
    failed: [],
    kbps: 2500,
    wanted_kbps: 2500,
    width: 1280,
    height: 720,
    fps: 30,
    real_fps,
    too_slow,
    frames: 0,
    late_frames: 0,
    skipped_frames: 0,
  };
  return { canvas: 'landscape', encoder, recording: null, receiver: null };
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
      canvases: recorded({}),
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
      ...more,
    },
  ];
}

describe('incidents', () => {
  it('are none of a chat that is live, whatever was wrong before, unless its login is over', () => {
    const chat = (state: 'live' | 'starting', error = 'unsigned'): StatusView['chat'][number] => ({
      id: 'douyin',
      kind: 'douyin',
      target: '',
      run: { state },
      lines: 3,
      dropped: 0,
      error,
      able: [],
      quota: null,
      polls: false,
    });
    expect(incidentsOf(...world([], { chat: [chat('live')] }), 0)).toEqual([]);
    expect(incidentsOf(...world([], { chat: [chat('starting')] }), 0)).toHaveLength(1);
    for (const error of ['renewal_refused', 'app_refused'])
      expect(incidentsOf(...world([], { chat: [chat('live', error)] }), 0)).toMatchObject([
        { severity: 'working', code: error, next: { kind: 'you', step: 'source' } },
      ]);
  });

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

  it('speak of a slate only where the picture of the input is missed', () => {
    const [show, status] = world([health('bili')]);
    status.inputs = [{ id: 'cam', run: { state: 'retrying', attempt: 1, next_in_ms: 1 }, detail: '' }];
    const whole = { x: 0, y: 0, width: 10_000, height: 10_000 };
    show.sources = { cam: { id: 'cam', name: 'cam', kind: { kind: 'camera', device: null } } };
    show.scenes = ['with', 'without'].map((id) => ({
      id,
      name: { zh: id, en: id },
      layouts: { landscape: id === 'with' ? [{ source: 'cam', area: whole, crop: whole }] : [] },
    }));
    show.scene = 'with';
    const missed = () => incidentsOf(show, status, 0).find(({ subject }) => subject === 'input')?.missed;
    expect(missed()).toBe('on_air');
    show.phase = { phase: 'rehearsing', since: 0 };
    expect(missed()).toBe('shown');
    show.scene = 'without';
    expect(missed()).toBe('nowhere');
    show.phase = { phase: 'live', since: 0 };
    expect(missed()).toBe('nowhere');
    show.sources = { cam: { id: 'cam', name: 'cam', kind: { kind: 'microphone', device: null } } };
    expect(missed()).toBeNull();
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

  it('warn of a disk that fills up with the time that is left, and no more once there is room', () => {
    const of = (disk_room_s: number | null, recording = true) => {
      const [show, status] = world([health('bili')], { disk_room_s });
      show.recording = recording;
      return incidentsOf(show, status, 0).find((incident) => incident.subject === 'disk');
    };
    expect(of(14 * 60)).toMatchObject({ severity: 'lost', stillLive: ['Bilibili'] });
    expect((of(14 * 60)?.amount ?? 0) * 60).toBeCloseTo(14);
    expect(of(5400)).toMatchObject({ severity: 'working', amount: 1.5 });
    expect(of(14 * 60, false)?.severity).toBe('working');
    expect(of(3 * 3600)).toBeUndefined();
    expect(of(null)).toBeUndefined();
  });

  it('say that nothing can be changed while the journal cannot be written, before all else', () => {
    const trouble = (error: string, tried_every_ms: number) => {
      const journal = { error, since: 0, tried_every_ms };
      return incidentsOf(
        ...world([health('bili'), health('yt', { run: { state: 'stalled' } })], { journal }),
        0,
      )[0];
    };
    expect(trouble('disk_full', 2000)).toMatchObject({
      subject: 'journal',
      severity: 'lost',
      stillLive: ['Bilibili'],
      recordingRuns: true,
      next: { kind: 'journal', step: 'room' },
    });
    const journal = { error: 'disk_full', since: 0, tried_every_ms: 2000 };
    const both = incidentsOf(...world([], { journal, disk_room_s: 0 }), 0);
    expect(both.map((incident) => incident.subject)).toEqual(['journal']);
    expect(trouble('journal_database', 2000)?.next).toEqual({ kind: 'journal', step: 'disk' });
    expect(trouble('journal_diverged', 0)?.next).toEqual({ kind: 'you', step: 'start_again' });
  });

  it('raise the alarm when viewers get the slate, a quieter word in rehearsal, and none for a show without sources', () => {
    const [show, status] = world([health('bili')], { slate: 'empty_scene' });
    const scene = show.scenes.find((candidate) => candidate.id === show.scene)?.name;
    const picture = () => incidentsOf(show, status, 0).find((incident) => incident.subject === 'picture');
    expect(picture()).toMatchObject({ severity: 'lost', scene, next: { kind: 'you', step: 'scene' } });
    status.slate = 'no_signal';
    expect(picture()?.next).toEqual({ kind: 'slate' });
    show.phase = { phase: 'rehearsing', since: 0 };
    expect(picture()?.severity).toBe('working');
    show.sources = {};
    expect(picture()).toBeUndefined();
    show.phase = { phase: 'live', since: 0 };
    expect(picture()?.severity).toBe('lost');
    status.slate = null;
    expect(picture()).toBeUndefined();
  });

  it('say when a recording that failed is tried again', () => {
    const of = (error: string, next_in_ms: number | null) => {
      const [show, status] = world([], { canvases: recorded({ error, next_in_ms }), disk_room_s: 0 });
      return incidentsOf(show, status, 1000);
    };
    expect(of('recording_failed', 30_000)[0]?.next).toMatchObject({ kind: 'retry', inMs: 29_000 });
    expect(of('recording_failed', null)[0]?.next).toEqual({ kind: 'you', step: 'restart' });
    const full = of('disk_full', 2000);
    expect(full.map((incident) => incident.subject)).toEqual(['recording']);
    expect(full[0]?.next).toEqual({ kind: 'room', inMs: 1000 });
  });

  it('tell a recording that ended from one that runs', () => {
    const [show, status] = world([], { canvases: recorded({ error: 'disk_full', next_in_ms: 2000 }) });
    expect(incidentsOf(show, status, 0)[0]).toMatchObject({
      subject: 'recording',
      severity: 'lost',
      recordingRuns: false,
    });
  });

  it('name a canvas whose recording failed while the other is recorded, and a full disk once for both', () => {
    const of = (landscape: string, portrait: string) => {
      const canvases = [...recorded({ error: landscape }), ...recorded({ error: portrait }, 'portrait')];
      return incidentsOf(...world([], { canvases, disk_room_s: 0 }), 0).filter(
        (incident) => incident.subject === 'recording',
      );
    };
    expect(of('', 'recording_failed')).toMatchObject([{ name: 'portrait.mp4', recordingRuns: false }]);
    expect(of('', 'disk_full')).toMatchObject([{ name: 'portrait.mp4', code: 'disk_full' }]);
    expect(of('disk_full', 'disk_full')).toHaveLength(1);
  });
});

describe('a computer that is too slow', () => {
  it('is told of while it is, with its real rate', () => {
    const [show, slow] = world([health('a')], { canvases: [paced(4.6, true)] });
    const found = incidentsOf(show, slow, 0).find(({ subject }) => subject === 'encoder');
    expect(found).toMatchObject({ severity: 'lost', name: 'landscape', amount: 5 });
    expect(found?.next).toEqual({ kind: 'you', step: 'load' });
    const [, well] = world([health('a')], { canvases: [paced(30, false)] });
    expect(incidentsOf(show, well, 0).filter(({ subject }) => subject === 'encoder')).toEqual([]);
  });
});
