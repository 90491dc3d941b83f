// Health and levels of the mock engine: made up from its show and the scenario it plays.
import { canvasesOn } from '../src/state/canvases.ts';
import type { Canvas, CanvasStatus, MetersView, Preflight, ShowView, StatusView } from '../src/wire/types.ts';

/** What health is made up from. */
export interface MockWorld {
  show: ShowView;
  chats: StatusView['chat'];
  /** Lines that came so far. */
  chatCount: number;
  /** Destinations whose key is stored. */
  keys: ReadonlySet<string>;
  /** When the engine began, ms since 1970. */
  born: number;
  /** Whether the scenario's name has this word. */
  has: (word: string) => boolean;
}

type Check = Preflight['items'][number];

export function preflightOf({ show, keys }: MockWorld): Preflight {
  const item = (id: string, level: Check['level'], key: string, params: Check['params'] = {}): Check => ({
    id,
    level,
    key: `preflight.${id}.${key}`,
    params,
  });
  const keyless = Object.values(show.destinations).filter((d) => d?.enabled && !keys.has(d.id));
  return {
    items: [
      ...keyless.map((d) => item('key', 'stop', 'missing', { name: d?.name ?? '' })),
      item('disk', 'warn', 'low', { free: '1600000000' }),
      item('destination', 'ok', 'ready', { name: 'Bilibili' }),
      item('destination', 'ok', 'ready', { name: 'YouTube' }),
      item('picture', 'ok', 'ready'),
      item('sound', 'ok', 'ready'),
      item('encoder', 'ok', 'software', { name: 'x264enc' }),
      item('products', 'ok', 'ready', { count: '8' }),
    ],
  };
}

export function metersOf(world: MockWorld): MetersView {
  const time = Date.now() / 1000;
  const level = (base: number, swing: number): MetersView['master'] => {
    const rms = base + swing * Math.sin(time * 7) * Math.sin(time * 2.3);
    return { peak_db: [rms + 6, rms + 5], rms_db: [rms, rms - 1] };
  };
  const off = level(-100, 0);
  const of = (id: string, base: number, swing: number): MetersView['master'] =>
    world.show.strips[id]?.muted ? off : level(base, swing);
  return {
    inputs: { mic: of('mic', -20, 9), music: of('music', -36, 4) },
    master: level(-19, 8),
    loudness_lufs: -15.2,
    momentary_lufs: -13.8,
    integrated_lufs: -15.6,
    ducked_db: world.has('live') ? 12 : 0,
    limited_db: 0,
  };
}

export function statusOf(world: MockWorld): StatusView {
  const now = Date.now();
  const phase = world.show.phase.phase;
  const trouble = world.has('trouble');
  const cycle = 8000 - ((now - world.born) % 8000);
  const live = phase === 'live';
  return {
    now,
    uptime_ms: now - world.born,
    inputs: Object.keys(world.show.sources).map((id) => ({
      id,
      run:
        trouble && id === 'close' ? { state: 'retrying', attempt: 3, next_in_ms: cycle } : { state: 'live' },
      detail: trouble && id === 'close' ? 'device_missing' : '',
    })),
    canvases: canvasesOn(world.show).map((canvas) => canvasStatus(world, canvas)),
    destinations: Object.keys(world.show.destinations).map((id) => {
      const down = (trouble && id === 'twitch') || world.has('down');
      const enabled = world.show.destinations[id]?.enabled === true;
      return {
        id,
        run:
          !live || !enabled
            ? { state: 'stopped' }
            : down
              ? { state: 'retrying', attempt: 4, next_in_ms: cycle }
              : { state: 'live' },
        kbps: live && enabled && !down ? 2560 + Math.random() * 60 : 0,
        frames_sent: 76000,
        frames_dropped: trouble && id === 'yt' ? 212 : 0,
        backlog_ms: trouble && id === 'yt' ? 4200 : 80,
        reconnects: down ? 4 : 0,
        error: down && live ? 'unreachable' : '',
        ...(world.has('trouble') && down ? { server_words: 'Publishing to this channel is denied' } : {}),
        room_closes_in_ms: down && live ? 460_000 - ((now - world.born) % 460_000) : null,
        has_key: world.keys.has(id),
        target_kbps: 2500,
        codec: live && enabled && !down ? 'h264' : null,
        codec_note: trouble && id === 'yt' ? 'codec_server' : '',
      };
    }),
    recordings_folder: '/home/fang/.local/share/stallcast/recordings',
    replay_s: phase === 'idle' ? null : 30,
    disk_free_bytes: trouble ? 1_600_000_000 : 3_700_000_000,
    disk_room_s: trouble ? 4_060 : 10_500,
    journal: world.has('full') ? { error: 'disk_full', since: world.born, tried_every_ms: 2000 } : null,
    slate: world.show.scenes.length === 0 ? 'no_scene' : null,
    key_store: 'ask_first',
    phrases: world.has('phrase'),
    undo: null,
    is_replaced: world.has('newer'),
    uplink_kbps: live ? 5150 : 0,
    virtual_camera: !world.show.virtual_camera
      ? { run: { state: 'stopped' }, name: 'Stallcast', detail: '' }
      : trouble
        ? { run: { state: 'stalled' }, name: 'Stallcast', detail: 'virtual_camera_no_pipewire' }
        : { run: { state: 'live' }, name: 'Stallcast', detail: '' },
    chat: world.chats.map((chat) => ({ ...chat, lines: world.chatCount })),
    warnings: trouble ? ['warning.no_emoji_font'] : [],
  };
}

function canvasStatus(world: MockWorld, canvas: Canvas): CanvasStatus {
  const phase = world.show.phase.phase;
  const size = canvas === 'portrait' ? { width: 720, height: 1280 } : { width: 1280, height: 720 };
  return {
    canvas,
    encoder: {
      name: 'x264enc',
      hardware: false,
      reason: 'no_hardware_works',
      kbps: 2500,
      wanted_kbps: 2500,
      ...size,
      fps: 30,
      real_fps: 30,
      too_slow: false,
      frames: 4100,
      late_frames: 3,
      skipped_frames: 0,
      failed: [],
    },
    recording:
      phase === 'idle'
        ? null
        : {
            file: '2026-11-22_1.mp4',
            bytes: 1_234_000_000 + (Date.now() - world.born) * 330,
            seconds: 2537,
            error: '',
            next_in_ms: null,
          },
    receiver:
      phase !== 'rehearsing'
        ? null
        : {
            state: 'receiving',
            ...size,
            fps: world.has('slow') ? 5.2 : 29.97,
            video_kbps: 2480,
            audio_kbps: 129,
            keyframe_s: 2,
            audio_codec: 'aac',
            sample_rate: 48000,
            channels: 2,
            peak_db: -13.6,
            delay_ms: 640,
            freezes: world.has('trouble') ? 2 : 0,
            longest_freeze_ms: world.has('trouble') ? 1300 : 0,
            av_offset_ms: world.has('slow') ? -1175 : 12,
          },
  };
}
