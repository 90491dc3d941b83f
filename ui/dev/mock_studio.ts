// The state behind the mock engine: enough of a show that every control of the page does something.
import type {
  Bid,
  CatalogueView,
  ChatLine,
  FindingsView,
  Command,
  HeatView,
  ImportView,
  MetersView,
  Money,
  Notice,
  Product,
  ProductsView,
  Request,
  ServerMessage,
  ShowView,
  StatusView,
  VettingView,
} from '../src/wire/types.ts';
import { sceneUse } from '../src/state/scene_use.ts';
import { openPoints, USUAL } from '../src/state/vetting.ts';
import {
  cameraView,
  CHAT,
  demoShow,
  DEVICES,
  phoneView,
  CODECS,
  ENCODERS,
  LONG_CHAT,
  PLATFORMS,
  PRODUCTS,
  PARTS,
  THEMES,
} from './demo.ts';
import { findingsOf, type Reasons } from './mock_findings.ts';
import { after } from './mock_after.ts';
import { doctorView } from './mock_doctor.ts';
import { lookAt } from './mock_import.ts';
import { ordersView } from './mock_orders.ts';
import { heatOfMock, MockQuestions } from './mock_questions.ts';
import { inviteMade, ROLES } from './mock_team.ts';
import { metersOf, statusOf, type MockWorld } from './mock_health.ts';

/** As the engine tells it at first: a small catalogue comes whole. */
export function wholeCatalogue(products: Product[], version: number): CatalogueView {
  return { whole: true, products, gone: [], total: products.length, version };
}

function foundIn(
  catalogue: readonly Product[],
  show: ShowView,
  { query, scope, offset, count }: Extract<Request, { ask: 'products' }>,
): ProductsView {
  const listed = new Set(show.rundown.map((item) => item.product));
  const words = query.toLowerCase().split(/\s+/);
  const has = ({ id, title, gtin }: Product): boolean => {
    const text = [id, gtin ?? '', title.zh, title.en].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = catalogue.filter((it) => has(it) && (scope === 'all' || !listed.has(it.id)));
  return {
    found: found.length,
    products: found.slice(offset, offset + count),
    stock: show.stock,
    version: 0,
  };
}

type Answer =
  | { outcome: 'ok'; seq: number; data: null }
  | Extract<ServerMessage, { type: 'result'; outcome: 'ok' }>
  | { outcome: 'failed'; error: Extract<ServerMessage, { outcome: 'failed' }>['error'] };

const refused = (code: string, params: Record<string, string> = {}): Answer => ({
  outcome: 'failed',
  error: { code: 'refused', message_key: `refusal.${code}`, params, retryable: false },
});

/** Chats with what they can do, and what they may use. */
const LINKED: StatusView['chat'] = [
  {
    id: 't',
    kind: 'twitch_token',
    target: '#orchardlive',
    run: { state: 'live' },
    lines: 812,
    dropped: 0,
    error: '',
    able: ['reply', 'delete', 'time_out', 'ban', 'pardon', 'pin', 'unpin', 'slow_mode'],
    quota: null,
    polls: false,
  },
  {
    id: 'y',
    kind: 'youtube',
    target: 'dQw4w9WgXcQ',
    run: { state: 'live' },
    lines: 97,
    dropped: 0,
    error: '',
    able: [],
    quota: { used: 8210, of: 10_000, since: Date.now() - 3_600_000 },
    polls: true,
  },
  {
    id: 'b',
    kind: 'bilibili',
    target: '1650000000000',
    run: { state: 'stopped' },
    lines: 0,
    dropped: 0,
    error: 'token_refused',
    able: [],
    quota: null,
    polls: false,
  },
];

/** What comes over a relay. */
const RELAYED: StatusView['chat'] = [
  {
    id: 'relay',
    kind: 'relay',
    target: 'relay.orchard.example',
    run: { state: 'live' },
    lines: 1_204,
    dropped: 0,
    error: '',
    able: [],
    quota: null,
    polls: false,
  },
  {
    id: 'kick',
    kind: 'kick',
    target: 'orchard-live',
    run: { state: 'live' },
    lines: 311,
    dropped: 0,
    error: '',
    able: ['reply', 'delete', 'time_out', 'ban', 'pardon'],
    quota: null,
    polls: false,
  },
  {
    id: 'douyin',
    kind: 'douyin',
    target: '',
    run: { state: 'live' },
    lines: 0,
    dropped: 0,
    error: 'unsigned',
    able: [],
    quota: null,
    polls: false,
  },
];

export class MockStudio {
  readonly asked: MockQuestions;
  readonly watchers = new Set<() => void>();
  readonly catalogueWatchers = new Set<() => void>();
  readonly noticers = new Set<(notice: Notice) => void>();
  private readonly show: ShowView;
  private catalogue: Product[] = PRODUCTS;
  private readonly keys = new Set(['bili', 'yt', 'twitch']);
  private chats: StatusView['chat'];
  private chatCount = 0;
  private obsOn = true;
  private recent: ChatLine[] = [];
  private readonly born = Date.now();
  private readonly me: string;

  constructor(private readonly scenario: string) {
    const now = Date.now();
    this.show = demoShow(now);
    const listed = this.show.rundown.map((item) => item.product);
    this.me = ROLES.some((role) => this.has(role)) ? '小李' : 'studio';
    const inTeam = this.me !== 'studio' || this.has('team');
    this.asked = new MockQuestions(now, listed, this.has('empty'), inTeam ? this.me : null);
    if (this.has('panic')) this.show.panic_until = now + 522_000;
    if (this.has('idle')) this.show.phase = { phase: 'idle' };
    if (this.has('live')) this.show.phase = { phase: 'live', since: now - 2_537_000 };
    if (this.has('both')) {
      this.show.canvases = 'both';
      const twitch = this.show.destinations['twitch'];
      if (twitch !== undefined) twitch.canvas = 'portrait';
    }
    if (this.has('inputs')) {
      this.show.sources['phone'] = { id: 'phone', name: '手机', kind: { kind: 'phone', over: 'rtmp' } };
      this.show.sources['usb'] = {
        id: 'usb',
        name: 'HD Webcam C920',
        kind: { kind: 'camera', device: 'usb-1' },
      };
      this.show.virtual_camera = true;
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
    if (this.has('notes'))
      this.show.notes = [
        { id: 'a', text: '讲一下新疆的邮费', by: '小李', at: Date.now() - 95_000 },
        { id: 'b', text: 'Two minutes left, then the pears', by: 'Ana', at: Date.now() - 12_000 },
      ];
    if (this.has('pinned')) {
      this.show.pinned = {
        message: 'sim:2',
        author: 'Maya',
        text: 'Do you ship to Canada?',
        answer: 'Yes, in six days, customs included.',
        since: now,
      };
    }
    if (this.has('unvetted')) delete this.vetting.vetted['honey'];
    if (this.has('poll')) {
      const keywords = ['1'];
      const labels = ['红富士苹果', '酥梨', '阳山水蜜桃', '冰糖心苹果五斤装', '核桃', '蜂蜜'];
      this.show.poll = {
        terms: {
          question: '今晚加一场福利，大家最想要哪一款？',
          options: labels.map((label) => ({ label, keywords })),
          counting: 'last',
          since: now,
          until: now + 48_000,
          rehearsed: true,
        },
        counts: [1204, 988, 402, 77, 12, 0],
        turned_away: 310,
        closed: null,
      };
    }
    if (this.has('auction')) {
      const yuan = (whole: number): Money => ({ minor: whole * 100, currency: 'CNY' });
      const bid = (number: number, who: string, whole: number, counts: boolean, reason = ''): Bid => ({
        number,
        who,
        minor: whole * 100,
        at: now - 60_000 + number * 9_000,
        counts,
        struck: reason === '' ? null : { at: now, reason },
      });
      const sold = this.has('sold');
      this.show.auction = {
        terms: {
          product: null,
          title: '头茬老树普洱茶饼，手工石磨',
          start: yuan(99),
          step: yuan(10),
          reserve: yuan(200),
          buy_now: yuan(999),
          seconds: 180,
          soft_s: 20,
        },
        rehearsed: false,
        since: now - 60_000,
        ends: now + (sold ? -1_000 : 48_000),
        price: yuan(240),
        lead: 5,
        least: yuan(250),
        reserve_met: true,
        bids: [
          bid(6, 'web\t小雨', 245, false),
          bid(5, '\t电话里的王姐', 240, true),
          bid(4, 'twitch\tFang Lihua', 888, false, '不是真心出价'),
          bid(3, 'web\t小雨', 200, true),
          bid(2, 'twitch\tFang Lihua', 120, true),
          bid(1, 'web\t李小明', 100, true),
        ],
        counted: 4,
        bidders: 4,
        turned_away: 0,
        result: sold
          ? {
              at: now,
              outcome: 'sold',
              to: '\t电话里的王姐',
              price: yuan(240),
              bids: 4,
              bidders: 4,
              early: false,
            }
          : null,
      };
    }
    if (this.has('lottery')) {
      const hash = '0123456789abcdef'.repeat(4);
      this.show.lottery = {
        terms: {
          prize: '烟台红富士苹果一箱',
          value: { minor: 2990, currency: 'CNY' },
          winners: 3,
          keyword: '抽奖',
          seconds: 60,
          reason: '',
        },
        rehearsed: false,
        since: now - 70_000,
        until: now - 10_000,
        commitment: hash,
        entrants: 1342,
        turned_away: 0,
        closed: { at: now - 9_600, entrants: 1342, entrants_hash: hash },
        drawn: { at: now, seed: hash, winners: ['twitch\tFang Lihua', 'web\t小雨', 'web\t李小明'] },
      };
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
            able: [],
            quota: null,
            polls: false,
          },
          ...(this.has('platforms') ? LINKED : []),
          ...(this.has('relay') ? RELAYED : []),
        ];
    for (let i = 0; i < (this.has('empty') ? 0 : 40); i += 1)
      this.recent.push(this.line(now - (40 - i) * 4000));
  }

  private reasons: Reasons = {};
  /** All was looked at, but for one product where the address says so. */
  vetting: VettingView = {
    rule: { asked: 'live', own: [] },
    vetted: Object.fromEntries(
      PRODUCTS.map(({ id }) => [
        id,
        USUAL.map(([item]) => ({ item, by: '小李', at: Date.now() - 3_600_000 })),
      ]),
    ),
    overrides: {},
  };

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
    const place = this.show.rundown.findIndex(({ product }) => product === this.show.on_air?.product);
    const later = this.show.rundown.slice(place + 1);
    const next = later.find(({ product }) => this.show.stock[product] !== 0)?.product ?? null;
    return { ...this.show, next, server_now: Date.now() };
  }

  findings(): FindingsView {
    return findingsOf(this.has('rules'), this.reasons, Date.now());
  }

  products(): Product[] {
    return this.catalogue;
  }

  recentChat(): ChatLine[] {
    return this.recent;
  }

  heat(): HeatView {
    return heatOfMock(Date.now(), this.has('empty'));
  }

  newChat(): ChatLine[] {
    const count = this.has('flood') ? 50 : this.has('empty') ? 0 : Math.random() < 0.06 ? 1 : 0;
    const lines = Array.from({ length: count }, () => this.line(Date.now()));
    this.recent = [...this.recent, ...lines].slice(-200);
    return lines;
  }

  meters(): MetersView {
    return metersOf(this.world());
  }

  status(): StatusView {
    return statusOf(this.world());
  }

  private world(): MockWorld {
    const { show, chats, chatCount, keys, born } = this;
    return { show, chats, chatCount, keys, born, has: (word) => this.has(word) };
  }

  importReport(isLook: boolean, offset: number): ImportView {
    if (isLook) return lookAt(this.has('biglist'), offset);
    this.catalogue = PRODUCTS;
    this.show.rundown = PRODUCTS.map((product) => ({
      product: product.id,
      planned_s: 0,
      demonstration: '',
      holder: '',
    }));
    this.catalogueWatchers.forEach((tell) => tell());
    this.changed();
    return lookAt(false, 0);
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
        if (
          this.findings().products[found.id]?.some((it) => it.level === 'forbidden' && it.overridden === null)
        )
          return refused('forbidden_by_rule', { product: found.id, rule: 'cn.absolute_terms' });
        if (show.phase.phase === 'live' && openPoints(this.vetting, found.id) > 0)
          return refused('not_vetted', {
            product: found.id,
            open: String(openPoints(this.vetting, found.id)),
          });
        show.on_air = { product: found.id, since: now };
        const seconds = found.offer.countdown_s;
        show.countdown =
          seconds === null ? null : { product: found.id, started: now, deadline: now + seconds * 1000 };
        return null;
      }
      case 'set_vetting':
        this.vetting = { ...this.vetting, rule: command.rule };
        return null;
      case 'vet_products': {
        const ids = command.products ?? show.rundown.map((item) => item.product);
        const ticks = USUAL.map(([item]) => ({ item, by: 'studio', at: now }));
        const own = this.vetting.rule.own.map((text) => ({ item: { own: text }, by: 'studio', at: now }));
        const vetted = Object.fromEntries(ids.map((id) => [id, [...ticks, ...own]]));
        this.vetting = { ...this.vetting, vetted: { ...this.vetting.vetted, ...vetted } };
        return null;
      }
      case 'set_vetted': {
        const { product, item, done } = command;
        const others = (this.vetting.vetted[product] ?? []).filter(
          (tick) => JSON.stringify(tick.item) !== JSON.stringify(item),
        );
        const ticks = done ? [...others, { item, by: 'studio', at: now }] : others;
        this.vetting = { ...this.vetting, vetted: { ...this.vetting.vetted, [product]: ticks } };
        return null;
      }
      case 'override_vetting': {
        const given = { reason: command.reason, by: 'studio', at: now };
        const overrides = { ...this.vetting.overrides, [command.product]: given };
        this.vetting = { ...this.vetting, overrides };
        return null;
      }
      case 'override_rule':
        this.reasons = { ...this.reasons, [command.found]: command.reason };
        return null;
      case 'show_correction': {
        const { product, kind, text } = command;
        const found = this.catalogue.find(({ id }) => id === product);
        if (found === undefined) return refused('unknown_product', { product });
        const live_price = found.offer.live_price;
        show.correction = { kind, product, text, live_price, since: now, until: now + 60_000 };
        return null;
      }
      case 'end_correction':
        show.correction = null;
        return null;
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
      case 'set_camera':
        show.cameras = { ...show.cameras, [command.device]: command.settings };
        return null;
      case 'set_virtual_camera':
        show.virtual_camera = command.on;
        return null;
      case 'place_part': {
        const places = { ...show.part_places[command.canvas], [command.part]: command.place ?? undefined };
        show.part_places = { ...show.part_places, [command.canvas]: places };
        return null;
      }
      case 'reset_parts':
        show.part_places = { ...show.part_places, [command.canvas]: {} };
        return null;
      case 'set_picture_text':
        return null;
      case 'set_card_look':
        show.card_look = command.look;
        return null;
      case 'start_break':
        show.pause = { since: now, until: now + command.minutes * 60_000, words: command.words };
        return null;
      case 'set_ticker_look':
        show.ticker_look = command.look;
        return null;
      case 'set_logo':
        show.logo = command.logo;
        return null;
      case 'put_lower_third':
        show.lower_thirds = [
          ...show.lower_thirds.filter(({ id }) => id !== command.lower_third.id),
          command.lower_third,
        ];
        return null;
      case 'remove_lower_third':
        show.lower_thirds = show.lower_thirds.filter(({ id }) => id !== command.id);
        if (show.lower_third === command.id) show.lower_third = null;
        return null;
      case 'show_lower_third':
        show.lower_third = command.id;
        return null;
      case 'set_goal':
        show.goal =
          command.plan === null
            ? null
            : { plan: command.plan, done: 0, counted: {}, shown: show.goal?.shown ?? false };
        return null;
      case 'show_goal':
        if (show.goal !== null) show.goal = { ...show.goal, shown: command.on };
        return null;
      case 'count_goal':
        if (show.goal !== null) show.goal = { ...show.goal, done: command.done };
        return null;
      case 'end_break':
        show.pause = null;
        return null;
      case 'set_isolated':
        show.isolated = command.source;
        return null;
      case 'put_source':
        show.sources = { ...show.sources, [command.source.id]: command.source };
        return null;
      case 'remove_source': {
        const { gone } = sceneUse(show, command.source);
        show.scenes = show.scenes.filter((scene) => !gone.includes(scene));
        show.sources = Object.fromEntries(
          Object.entries(show.sources).filter(([id]) => id !== command.source),
        );
        return null;
      }
      case 'put_product':
        this.catalogue = [...this.catalogue.filter(({ id }) => id !== command.product.id), command.product];
        this.catalogueWatchers.forEach((tell) => tell());
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
      case 'start_poll':
        show.poll = {
          terms: { ...command, since: now, until: now + command.seconds * 1000, rehearsed: true },
          counts: command.options.map((_, index) => 37 - index * 11),
          turned_away: 0,
          closed: null,
        };
        return null;
      case 'close_poll':
        if (show.poll !== null) show.poll = { ...show.poll, closed: now };
        return null;
      case 'clear_poll':
        show.poll = null;
        return null;
      case 'clear_auction':
        show.auction = null;
        return null;
      case 'clear_lottery':
        show.lottery = null;
        return null;
      case 'send_note':
        show.notes = [...show.notes, { id: command.id, text: command.text, by: 'studio', at: now }];
        return null;
      case 'tick_note':
        show.notes = show.notes.filter(({ id }) => id !== command.id);
        return null;
      case 'mark_question':
        this.asked.mark(command.question, command.state, command.hide, this.me);
        return null;
      case 'claim_question':
        this.asked.claim(command.question, this.me, now);
        return null;
      case 'assign_question':
        this.asked.claim(command.question, command.to, now);
        return null;
      case 'free_question':
        this.asked.claim(command.question, null, now);
        return null;
      case 'hide_line': {
        const line = this.recent.find(({ id }) => id === command.message);
        if (line === undefined) return refused('line_gone');
        this.asked.hide(line, command.hide, this.me);
        return null;
      }
      case 'show_hidden':
        this.asked.show(command.messages);
        return null;
      case 'merge_questions':
        this.asked.merge(command.into, command.other);
        return null;
      case 'split_question':
        return refused('asked_gone');
      case 'release_held':
      case 'remove_held':
        this.asked.free(command.messages);
        return null;
      case 'set_moderation':
        show.moderation = command.rules;
        return null;
      case 'start_panic':
        show.panic_until = now + command.minutes * 60_000;
        return null;
      case 'end_panic':
        show.panic_until = null;
        return null;
      case 'pin_question':
        show.pinned = {
          message: command.message,
          author: command.author,
          text: command.text,
          answer: '',
          since: now,
        };
        return null;
      case 'answer_question':
        if (show.pinned !== null) show.pinned = { ...show.pinned, answer: command.answer };
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
    const told = after(this.scenario, request, this.products());
    if (told !== undefined) return ok(told);
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
      case 'products':
        return ok(foundIn(this.catalogue, this.show, request));
      case 'devices':
        return ok(DEVICES);
      case 'encoders':
        return ok(ENCODERS);
      case 'codecs':
        return ok(CODECS);
      case 'phone': {
        const kind = this.show.sources[request.source]?.kind;
        return ok(phoneView(kind?.kind === 'phone' ? kind.over : 'rtmp'));
      }
      case 'camera':
        return ok(cameraView(request.device === 'usb-2'));
      case 'webhook':
        return ok({
          address: 'http://127.0.0.1:40123/api/chat',
          token: 'wh_3f8c1d2e4b5a69788796a5b4c3d2e1f0',
        });
      case 'set_team':
      case 'withdraw_invite':
      case 'admit_member':
      case 'revoke_member':
        return ok(null);
      case 'invite':
        return ok(inviteMade());
      case 'phrasing':
      case 'set_phrasing':
        return ok({
          settings: {
            on: this.has('phrase'),
            address: this.has('phrase') ? 'http://127.0.0.1:11434/v1' : '',
            model: this.has('phrase') ? 'qwen2.5:3b' : '',
          },
          has_key: false,
        });
      case 'test_phrasing':
        if (this.has('trouble'))
          return {
            outcome: 'failed',
            error: {
              code: 'phrase_failed',
              message_key: 'error.phrase_failed',
              params: { cause: 'phrase_unreachable' },
              retryable: false,
            },
          };
        return ok({
          question: 'How much is a box of peaches?',
          fact: 'Yellow peaches, 5 kg · ¥29.90',
          text: 'A 5 kg box of yellow peaches is ¥29.90 right now!',
          took_ms: 1840,
        });
      case 'phrase_answer': {
        const asked = this.asked.view().questions.find(({ id }) => id === request.question);
        if (asked === undefined || asked.answer === null) return ok(null);
        return ok({ text: `${asked.answer.text} 哦，直接拍就行！`, source: asked.answer });
      }
      case 'stop_phrasing':
        return ok(null);
      case 'obs':
      case 'set_obs':
      case 'new_obs_password':
        if (request.ask === 'set_obs') this.obsOn = request.on;
        return ok({
          on: this.obsOn,
          port: 4455,
          password: 'k7m2pxw4hnq8tzr5vbcd',
          clients: 1,
          error: this.has('trouble') ? 'port_in_use' : '',
        });
      case 'orders':
        return ok(ordersView(this.has('trouble')));
      case 'doctor':
        return ok(doctorView(this.show.phase.phase === 'live'));
      case 'save_doctor_report':
        return ok({ file: 'stallcast-doctor.md' });
      case 'picture_parts':
        return ok(PARTS);
      case 'themes':
        return ok(THEMES);
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
      case 'question_lines':
        return ok(this.asked.lines(request.question));
      case 'relay': {
        const hook = (kind: string): { kind: string; address: string } => ({
          kind,
          address: `https://relay.orchard.example/hook/abcdefghij234567abcd/${kind}`,
        });
        return ok({ hooks: ['kick', 'douyin', 'shopify', 'woocommerce', 'generic'].map(hook) });
      }
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
            able: [],
            quota: null,
            polls: false,
          },
        ];
        return ok(null);
      case 'act_on_chat':
        return ok({
          outcomes: [
            {
              id: 't',
              kind: 'twitch_token',
              target: '#orchardlive',
              became:
                request.act.act === 'ban' ? { outcome: 'failed', why: 'not_allowed' } : { outcome: 'done' },
            },
            ...(request.act.act === 'slow_mode'
              ? [{ id: 'y', kind: 'youtube', target: '', became: { outcome: 'not_supported' } }]
              : []),
          ],
        });
      case 'disconnect_chat':
        this.chats = this.chats.filter((chat) => chat.id !== request.id);
        return ok(null);
      default:
        return ok(null);
    }
  }
}
