// The state behind the mock engine: enough of a show that every control of the page does something.
import { canvasesOn } from '../src/state/canvases.ts';
import type {
  Canvas,
  ChatLine,
  Command,
  ImportView,
  MetersView,
  Notice,
  Product,
  Request,
  ServerMessage,
  ShowView,
  StatusView,
} from '../src/wire/types.ts';
import { CHAT, demoShow, DEVICES, ENCODERS, LONG_CHAT, PLATFORMS, PRODUCTS } from './demo.ts';

type Answer =
  | { outcome: 'ok'; seq: number; data: null }
  | Extract<ServerMessage, { type: 'result'; outcome: 'ok' }>
  | { outcome: 'failed'; error: Extract<ServerMessage, { outcome: 'failed' }>['error'] };

const refused = (code: string, params: Record<string, string> = {}): Answer => ({
  outcome: 'failed',
  error: { code: 'refused', message_key: `refusal.${code}`, params, retryable: false },
});

export class MockStudio {
  readonly watchers = new Set<() => void>();
  readonly catalogueWatchers = new Set<() => void>();
  readonly noticers = new Set<(notice: Notice) => void>();
  private readonly show: ShowView;
  private catalogue: Product[] = PRODUCTS;
  private readonly keys = new Set(['bili', 'yt', 'twitch']);
  private chats: StatusView['chat'];
  private chatCount = 0;
  private recent: ChatLine[] = [];
  private readonly born = Date.now();

  constructor(private readonly scenario: string) {
    const now = Date.now();
    this.show = demoShow(now);
    if (this.has('idle')) this.show.phase = { phase: 'idle' };
    if (this.has('live')) this.show.phase = { phase: 'live', since: now - 2_537_000 };
    if (this.has('both')) {
      this.show.canvases = 'both';
      const twitch = this.show.destinations['twitch'];
      if (twitch !== undefined) twitch.canvas = 'portrait';
    }
    if (this.has('quiet')) {
      this.show.on_air = null;
      this.show.countdown = null;
    }
    if (this.has('empty')) {
      Object.assign(this.show, {
        rundown: [],
        on_air: null,
        countdown: null,
        stock: {},
        destinations: {},
        sources: {},
        scenes: [],
        strips: {},
      });
      this.catalogue = [];
    }
    if (this.has('reconly')) {
      for (const destination of Object.values(this.show.destinations))
        if (destination !== undefined) destination.enabled = false;
    }
    if (this.has('pinned')) {
      this.show.pinned = { message: 'sim:2', author: 'Maya', text: 'Do you ship to Canada?', since: now };
    }
    this.chats = this.has('empty')
      ? []
      : [
          {
            id: 'simulated',
            kind: 'simulated',
            target: '',
            run: { state: 'live' },
            lines: 0,
            dropped: 0,
            error: '',
          },
        ];
    for (let i = 0; i < (this.has('empty') ? 0 : 40); i += 1)
      this.recent.push(this.line(now - (40 - i) * 4000));
  }

  private has(word: string): boolean {
    return this.scenario.includes(word);
  }

  private line(at: number): ChatLine {
    const list = this.has('long') ? [...CHAT, ...LONG_CHAT] : CHAT;
    const [author, text, question] = list[this.chatCount % list.length] ?? ['', '', false];
    return {
      id: `sim:${this.chatCount++}`,
      platform: this.chatCount % 3 === 0 ? 'twitch' : 'simulated',
      author,
      text,
      at,
      question,
    };
  }

  view(): ShowView {
    return { ...this.show, server_now: Date.now() };
  }

  products(): Product[] {
    return this.catalogue;
  }

  recentChat(): ChatLine[] {
    return this.recent;
  }

  newChat(): ChatLine[] {
    const count = this.has('flood') ? 50 : this.has('empty') ? 0 : Math.random() < 0.06 ? 1 : 0;
    const lines = Array.from({ length: count }, () => this.line(Date.now()));
    this.recent = [...this.recent, ...lines].slice(-200);
    return lines;
  }

  meters(): MetersView {
    const time = Date.now() / 1000;
    const level = (base: number, swing: number): MetersView['master'] => {
      const rms = base + swing * Math.sin(time * 7) * Math.sin(time * 2.3);
      return { peak_db: [rms + 6, rms + 5], rms_db: [rms, rms - 1] };
    };
    const off = level(-100, 0);
    const of = (id: string, base: number, swing: number): MetersView['master'] =>
      this.show.strips[id]?.muted ? off : level(base, swing);
    return {
      inputs: { mic: of('mic', -20, 9), music: of('music', -36, 4) },
      master: level(-19, 8),
      loudness_lufs: -15.2,
      momentary_lufs: -13.8,
      integrated_lufs: -15.6,
      ducked_db: this.has('live') ? 12 : 0,
      limited_db: 0,
    };
  }

  status(): StatusView {
    const now = Date.now();
    const phase = this.show.phase.phase;
    const trouble = this.has('trouble');
    const cycle = 8000 - ((now - this.born) % 8000);
    const live = phase === 'live';
    const whole: Omit<StatusView, 'canvases'> = {
      now,
      uptime_ms: now - this.born,
      inputs: Object.keys(this.show.sources).map((id) => ({
        id,
        run:
          trouble && id === 'close'
            ? { state: 'retrying', attempt: 3, next_in_ms: cycle }
            : { state: 'live' },
        detail: trouble && id === 'close' ? 'device_missing' : '',
      })),
      encoder: {
        name: 'x264enc',
        hardware: false,
        reason: 'no_hardware_works',
        kbps: 2500,
        width: 1280,
        height: 720,
        fps: 30,
        frames: 4100,
        late_frames: 3,
        skipped_frames: 0,
        failed: [],
      },
      destinations: Object.keys(this.show.destinations).map((id) => {
        const down = (trouble && id === 'twitch') || this.has('down');
        const enabled = this.show.destinations[id]?.enabled === true;
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
          ...(this.has('trouble') && down ? { server_words: 'Publishing to this channel is denied' } : {}),
          room_closes_in_ms: down && live ? 460_000 - ((now - this.born) % 460_000) : null,
          has_key: this.keys.has(id),
          target_kbps: 2500,
        };
      }),
      recording:
        phase === 'idle'
          ? null
          : {
              file: '2026-11-22_1.mp4',
              bytes: 1_234_000_000 + (now - this.born) * 330,
              seconds: 2537,
              error: '',
              next_in_ms: null,
            },
      receiver:
        phase !== 'rehearsing'
          ? null
          : {
              state: 'receiving',
              width: 1280,
              height: 720,
              fps: 29.97,
              video_kbps: 2480,
              audio_kbps: 129,
              keyframe_s: 2,
              audio_codec: 'aac',
              sample_rate: 48000,
              channels: 2,
              peak_db: -13.6,
              delay_ms: 640,
              freezes: trouble ? 2 : 0,
              longest_freeze_ms: trouble ? 1300 : 0,
              av_offset_ms: 12,
            },
      recordings_folder: '/home/fang/.local/share/stallcast/recordings',
      replay_s: this.show.phase.phase === 'idle' ? null : 30,
      disk_free_bytes: trouble ? 1_600_000_000 : 3_700_000_000,
      disk_room_s: trouble ? 4_060 : 10_500,
      journal: this.has('full') ? { error: 'disk_full', since: this.born, tried_every_ms: 2000 } : null,
      slate: this.show.scenes.length === 0 ? 'no_scene' : null,
      key_store: 'ask_first',
      undo: null,
      uplink_kbps: live ? 5150 : 0,
      chat: this.chats.map((chat) => ({ ...chat, lines: this.chatCount })),
      warnings: trouble ? ['warning.no_emoji_font'] : [],
    };
    const { encoder, recording, receiver } = whole;
    const upright = (canvas: Canvas, size: { width: number; height: number }) =>
      canvas === 'portrait' ? { width: size.height, height: size.width } : {};
    const canvases = canvasesOn(this.show).map((canvas) => ({
      canvas,
      encoder: encoder === null ? null : { ...encoder, ...upright(canvas, encoder) },
      recording,
      receiver: receiver === null ? null : { ...receiver, ...upright(canvas, receiver) },
    }));
    return { ...whole, canvases };
  }

  importReport(): ImportView {
    this.catalogue = PRODUCTS;
    this.show.rundown = PRODUCTS.map((product) => ({ product: product.id, planned_s: 0 }));
    this.catalogueWatchers.forEach((tell) => tell());
    this.changed();
    return {
      imported: 8,
      aside: 0,
      format: 'xlsx',
      encoding: 'utf-8',
      problems: [
        { line: 7, column: 'C 价格', code: 'price_invalid', value: '29,9O' },
        { line: 12, column: 'A 商品名称', code: 'title_missing', value: '' },
      ],
    };
  }

  private changed(): void {
    this.watchers.forEach((tell) => tell());
  }

  command(command: Command): Answer {
    const refusal = this.apply(command);
    if (refusal !== null) return refusal;
    this.show.seq += 1;
    this.changed();
    return { outcome: 'ok', seq: this.show.seq, data: null };
  }

  private apply(command: Command): Answer | null {
    const show = this.show;
    const now = Date.now();
    switch (command.do) {
      case 'put_on_air': {
        const found = this.catalogue.find((product) => product.id === command.product);
        if (found === undefined) return refused('unknown_product', { product: command.product });
        show.on_air = { product: found.id, since: now };
        const seconds = found.offer.countdown_s;
        show.countdown =
          seconds === null ? null : { product: found.id, started: now, deadline: now + seconds * 1000 };
        return null;
      }
      case 'take_off_air':
        if (show.on_air === null) return refused('not_on_air');
        show.on_air = null;
        show.countdown = null;
        return null;
      case 'start_countdown':
        if (show.on_air === null) return refused('not_on_air');
        show.countdown = {
          product: show.on_air.product,
          started: now,
          deadline: now + command.seconds * 1000,
        };
        return null;
      case 'stop_countdown':
        show.countdown = null;
        return null;
      case 'adjust_stock': {
        const left = show.stock[command.product] ?? 0;
        if (left + command.by < 0)
          return refused('stock_below_zero', {
            product: command.product,
            left: String(left),
            by: String(command.by),
          });
        show.stock = { ...show.stock, [command.product]: left + command.by };
        return null;
      }
      case 'set_stock':
        show.stock = { ...show.stock, [command.product]: command.left ?? 0 };
        return null;
      case 'set_rundown':
        show.rundown = command.items;
        return null;
      case 'rename':
        show.name = command.name;
        return null;
      case 'set_ticker':
        show.ticker = command.text;
        return null;
      case 'switch_scene':
        show.scene = command.scene;
        return null;
      case 'put_scene':
        show.scenes = show.scenes.some((scene) => scene.id === command.scene.id)
          ? show.scenes.map((scene) => (scene.id === command.scene.id ? command.scene : scene))
          : [...show.scenes, command.scene];
        return null;
      case 'set_canvases':
        show.canvases = command.canvases;
        return null;
      case 'set_strip':
        show.strips = { ...show.strips, [command.source]: command.strip };
        return null;
      case 'set_sound':
        show.sounds = { ...show.sounds, [command.source]: command.sound };
        return null;
      case 'set_ducking':
        show.ducking = command.ducking;
        return null;
      case 'set_isolated':
        show.isolated = command.source;
        return null;
      case 'put_source':
        show.sources = { ...show.sources, [command.source.id]: command.source };
        return null;
      case 'remove_source':
        show.sources = Object.fromEntries(
          Object.entries(show.sources).filter(([id]) => id !== command.source),
        );
        return null;
      case 'put_destination':
        if (!/^rtmps?:\/\//.test(command.destination.url))
          return refused('bad_url', { field: 'url', reason: 'scheme' });
        show.destinations = { ...show.destinations, [command.destination.id]: command.destination };
        return null;
      case 'remove_destination':
        show.destinations = Object.fromEntries(
          Object.entries(show.destinations).filter(([id]) => id !== command.destination),
        );
        return null;
      case 'pin_question':
        show.pinned = { message: command.message, author: command.author, text: command.text, since: now };
        return null;
      case 'unpin_question':
        show.pinned = null;
        return null;
      case 'start_rehearsal':
        show.phase = { phase: 'rehearsing', since: now };
        return null;
      case 'go_live':
        if (!Object.values(show.destinations).some((destination) => destination?.enabled))
          return refused('no_destination');
        show.phase = { phase: 'live', since: now };
        return null;
      case 'end_show':
        show.phase = { phase: 'idle' };
        return null;
      default:
        return null;
    }
  }

  request(request: Request): Answer {
    const ok = (data: unknown): Answer => ({ outcome: 'ok', seq: this.show.seq, data: data as null });
    switch (request.ask) {
      case 'preflight': {
        const item = (id: string, level: string, key: string, params = {}): object => ({
          id,
          level,
          key: `preflight.${id}.${key}`,
          params,
        });
        const keyless = Object.values(this.show.destinations).filter(
          (d) => d?.enabled && !this.keys.has(d.id),
        );
        return ok({
          items: [
            ...keyless.map((d) => item('key', 'stop', 'missing', { name: d?.name })),
            item('disk', 'warn', 'low', { free: '1600000000' }),
            item('destination', 'ok', 'ready', { name: 'Bilibili' }),
            item('destination', 'ok', 'ready', { name: 'YouTube' }),
            item('picture', 'ok', 'ready'),
            item('sound', 'ok', 'ready'),
            item('encoder', 'ok', 'software', { name: 'x264enc' }),
            item('products', 'ok', 'ready', { count: '8' }),
          ],
        });
      }
      case 'devices':
        return ok(DEVICES);
      case 'encoders':
        return ok(ENCODERS);
      case 'webhook':
        return ok({
          address: 'http://127.0.0.1:40123/api/chat',
          token: 'wh_3f8c1d2e4b5a69788796a5b4c3d2e1f0',
        });
      case 'platforms':
        return ok(PLATFORMS);
      case 'set_key':
        if (this.has('nokeychain') && !request.allow_file) {
          return {
            outcome: 'failed',
            error: { code: 'no_keychain', message_key: 'error.no_keychain', params: {}, retryable: true },
          };
        }
        if (request.key === '') this.keys.delete(request.destination);
        else this.keys.add(request.destination);
        return ok(null);
      case 'connect_chat':
        this.chats = [
          ...this.chats,
          {
            id: request.id,
            kind: request.connector.kind,
            target: request.connector.kind === 'twitch' ? `#${request.connector.channel}` : '',
            run: { state: 'live' },
            lines: 0,
            dropped: 0,
            error: '',
          },
        ];
        return ok(null);
      case 'disconnect_chat':
        this.chats = this.chats.filter((chat) => chat.id !== request.id);
        return ok(null);
      default:
        return ok(null);
    }
  }
}
