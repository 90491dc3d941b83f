// What the page knows of the engine, and the one way to ask it for something.
import { getContext, setContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { EngineAddress, EngineFault, Host } from '../host/host.ts';
import { browserTimers, Client, localError, type Link, type Outcome, type Socket } from '../wire/client.ts';
import type {
  ChatLine,
  Command,
  CrewView,
  FindingsView,
  HeatView,
  HeldView,
  LineMark,
  Notice,
  PageError,
  MetersView,
  Product,
  ProductsView,
  QuestionsView,
  Request,
  Role,
  ShowView,
  Source,
  StatusView,
  TeamView,
  VettingView,
} from '../wire/types.ts';
import { afterChanges, Looked } from './catalogue.ts';
import { ChatRing, Repainter } from './chat_ring.ts';
import { ServerClock, untilLook } from './clock.ts';
import { incidentsOf, type Incident } from './incidents.ts';
import { Newer } from './newer.svelte.ts';
import { prefs } from './prefs.svelte.ts';
import { QuestionRows } from './question_rows.svelte.ts';
import { reachOf, type Reach } from './reach.ts';
import { isTold } from './told.ts';
import { toastOf, type Closed, type Told } from './toast.ts';
import { view } from './view.svelte.ts';
import { voiceOf } from './voice.ts';

/** A line of the log: a notice of the engine or a refused action of this page. */
export type LogLine = Notice & Told;

const LOG_LINES = 200;
/** Notices that stay until somebody closes them. */
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- it never changes
export const STANDING: ReadonlySet<string> = new Set([
  'notice.interrupted',
  'notice.keys_damaged',
  'notice.chat_damaged',
  'notice.questions_damaged',
  'notice.orders_damaged',
]);
const RANK: readonly Role[] = ['viewer', 'moderator', 'producer', 'lead', 'owner'];

export class Studio {
  link: Link = $state('connecting');
  /** When the next connection is tried, local ms. */
  retryAt: number | null = $state(null);
  lostAt: number | null = $state(null);
  /** Why there is no engine, where that is known. */
  fault: EngineFault | null = $state.raw(null);
  /** Why the engine let this page not in. */
  refusal: PageError | null = $state.raw(null);
  role: Role = $state('viewer');
  /** By which name the journal knows this page. */
  name = $state('');
  version = $state('');
  engine: EngineAddress | null = $state.raw(null);
  show: ShowView | null = $state.raw(null);
  /** What the mute key works on. */
  voice: Source | undefined = $state.raw(undefined);
  /** Products of the rundown and on air, all where they are few; and those that were looked for last. */
  products: Record<string, Product> = $state.raw({});
  /** How many the catalogue has, and a number that is another one whenever any of them changed. */
  catalogue: { total: number; version: number } = $state.raw({ total: 0, version: 0 });
  private listed: Record<string, Product> = {};
  private looked = new Looked();
  status: StatusView | null = $state.raw(null);
  meters: MetersView | null = $state.raw(null);
  /** What the rules of honest selling found; `null` before the engine has looked. */
  findings: FindingsView | null = $state.raw(null);
  /** Who was invited and who is there; of the owner's page alone. */
  team: TeamView | null = $state.raw(null);
  /** Whom questions can be handed to; told to producers and above. */
  crew: CrewView | null = $state.raw(null);
  /** What was looked at of products; `null` before the engine has said. */
  vetting: VettingView | null = $state.raw(null);
  private readonly ring = new ChatRing();
  /** What the audience asks; `null` before the engine has said. */
  questions: QuestionsView | null = $state.raw(null);
  /** The open ones of them, as they stand on the page. */
  readonly rows = new QuestionRows(this);
  /** Lines that wait for a person; told to moderators only. */
  held: HeldView | null = $state.raw(null);
  heat: HeatView | null = $state.raw(null);
  chat: readonly ChatLine[] = $state.raw([]);
  /** What is to be known of chat lines beside their words, by id. */
  marks: ReadonlyMap<string, LineMark> = $state.raw(this.ring.marks);
  /** How many lines were left out before a chat line, by its id. */
  gaps: ReadonlyMap<string, number> = $state.raw(this.ring.gaps);
  chatTotal = $state(0);
  log: readonly LogLine[] = $state.raw([]);
  /** Local clock, ticking four times a second. */
  localNow = $state(Date.now());
  /** Words that a rule keeps off the picture, and what was asked for with them. */
  kept: { rule: string; found: string; again: Command | Request } | null = $state.raw(null);
  /** Actions sent and not yet answered. */
  readonly pending = new SvelteSet<string>();
  /** A newer program, if there is one. */
  readonly newer: Newer;
  /** The journal's number after the last action of this page that was carried out. */
  doneSeq = 0;

  /** Local time at which the shown things stood still; `null` while they live. */
  private get frozenAt(): number | null {
    return this.connected ? null : this.lostAt;
  }

  private statusAt = $state(0);
  private offset = $state(0);
  private readonly clock = new ServerClock();
  private nextLog = 1;
  private readonly client: Client;
  private readonly repainter = new Repainter(
    {
      now: () => performance.now(),
      after: (ms, run) => void setTimeout(() => requestAnimationFrame(run), ms),
    },
    () => {
      this.chat = this.ring.snapshot();
      this.chatTotal = this.ring.total;
      this.marks = this.ring.marks;
      this.gaps = this.ring.gaps;
    },
  );

  constructor(readonly host: Host) {
    this.newer = new Newer(host);
    this.client = new Client({
      address: async () => {
        this.engine = await host.engine();
        return this.engine;
      },
      lang: () => prefs.lang,
      open: (url) => new WebSocket(url) as unknown as Socket,
      timers: browserTimers,
      random: Math.random,
      onMessage: (message) => this.take(message),
      onChat: (lines, leftOut) => {
        this.ring.push(lines, leftOut);
        this.repainter.request();
      },
      onChatRemoved: (messages) => {
        this.ring.remove(messages);
        this.repainter.request();
      },
      onChatWhole: (lines, leftOut) => {
        this.ring.replace(lines, leftOut);
        this.repainter.request();
      },
      onChatMarks: (marks) => {
        this.ring.mark(marks);
        this.repainter.request();
      },
      onNotice: (notice) => this.note(notice),
      onLink: (link, retryInMs, fault, refusal) => {
        if (link === 'open') this.lostAt = null;
        else if (this.link === 'open') this.lose();
        // While trying again the page keeps saying that the engine is away.
        if (link !== 'connecting' || this.lostAt === null) this.link = link;
        if (link !== 'connecting') {
          this.fault = fault;
          this.refusal = refusal;
        }
        this.retryAt = retryInMs === null ? null : Date.now() + retryInMs;
      },
    });
  }

  start(): () => void {
    this.client.start();
    let timer: ReturnType<typeof setTimeout>;
    const tick = (): void => {
      this.localNow = Date.now();
      // In a show the line is the show's.
      if (this.connected && this.phase !== 'live') void this.newer.lookWhenDue(this.engine, this.localNow);
      const wait = untilLook(this.localNow + this.offset, this.show?.countdown?.deadline ?? null);
      timer = setTimeout(tick, wait);
    };
    tick();
    // A phone that slept, or has its network back, need not wait for its turn.
    const awake = (): void => {
      if (document.visibilityState === 'visible') this.client.retryNow();
    };
    document.addEventListener('visibilitychange', awake);
    addEventListener('online', awake);
    return () => {
      document.removeEventListener('visibilitychange', awake);
      removeEventListener('online', awake);
      clearTimeout(timer);
      this.client.stop();
    };
  }

  /** The engine's clock, ms. Without the engine it stands: what is shown is from that moment. */
  get now(): number {
    return (this.frozenAt ?? this.localNow) + this.offset;
  }

  /** Milliseconds since the last status, for countdowns inside it. */
  get statusAge(): number {
    return Math.max(0, (this.frozenAt ?? this.localNow) - this.statusAt);
  }

  get connected(): boolean {
    return this.link === 'open';
  }

  /** What is shown is what was last known: nothing of it may look alive. */
  get stale(): boolean {
    return this.show !== null && !this.connected;
  }

  get phase(): ShowView['phase']['phase'] {
    return this.show?.phase.phase ?? 'idle';
  }

  readonly incidents: Incident[] = $derived.by(() =>
    this.show === null || this.status === null ? [] : incidentsOf(this.show, this.status, this.statusAge),
  );

  readonly reach: Reach | null = $derived(reachOf(this.show, this.status, this.now, this.statusAge));

  private closed: Closed = $state.raw({ upTo: 0, standing: [] });
  /** The one line that stands at the side for a moment. */
  readonly toast: LogLine | undefined = $derived(
    toastOf(this.log, STANDING, this.closed, view.settings, this.localNow),
  );

  closeToast(n: number): void {
    this.closed = { upTo: Math.max(this.closed.upTo, n), standing: [...this.closed.standing, n] };
  }

  /** Whether this is a page of the team, and not the owner's own. */
  get isMember(): boolean {
    return this.name !== '' && this.role !== 'owner';
  }

  /** Whether there are others to share the work with. */
  get isTeam(): boolean {
    return this.isMember || (this.crew?.members.length ?? 0) > 0;
  }

  may(role: Role): boolean {
    return RANK.indexOf(this.role) >= RANK.indexOf(role);
  }

  retryNow(): void {
    this.client.retryNow();
  }

  /** Sends a command; `key` is looked up in `pending` by the control that shows it in flight. */
  async run(command: Command, key: string = command.do): Promise<boolean> {
    if (this.pending.has(key)) return false;
    this.pending.add(key);
    try {
      const outcome = await this.client.command(command, this.isMember ? this.show?.seq : undefined);
      if (outcome.ok) this.doneSeq = outcome.data;
      if (!outcome.ok) {
        this.keepWords(outcome.error, command);
        this.complain(outcome.error);
      }
      // Said in other words, it needs no reason.
      else if (this.kept !== null && 'do' in this.kept.again && this.kept.again.do === command.do) {
        this.kept = null;
      }
      // What was refused before is no longer what matters.
      else if (this.toast?.place !== undefined) this.closeToast(this.toast.n);
      return outcome.ok;
    } finally {
      this.pending.delete(key);
    }
  }

  async ask<T>(request: Request, key: string = request.ask): Promise<Outcome<T>> {
    if (this.pending.has(key)) return { ok: false, error: localError('busy') };
    this.pending.add(key);
    try {
      const outcome = await this.client.request<T>(request);
      if (!outcome.ok) this.keepWords(outcome.error, request);
      return outcome;
    } finally {
      this.pending.delete(key);
    }
  }

  /** Looks through the catalogue, of which the page holds but the rundown. */
  async lookFor(sought: Omit<Extract<Request, { ask: 'products' }>, 'ask'>): Promise<ProductsView | null> {
    const outcome = await this.client.request<ProductsView>({ ask: 'products', ...sought });
    if (!outcome.ok) return null;
    this.looked.keep(outcome.data.products);
    this.products = { ...this.looked.all, ...this.listed };
    return outcome.data;
  }

  /** Puts an error of an action of this page into the log. */
  complain(error: PageError): void {
    if (error.message_key === 'refusal.forbidden_by_rule') view.looking = error.params['product'] ?? null;
    if (error.message_key === 'refusal.not_vetted') view.refuse(error.params['product'] ?? null);
    const notice = { level: 'warn' as const, key: error.message_key, params: error.params, at: this.now };
    this.keep({ ...notice, place: view.settings });
  }

  /** Gives the reason for the words that were kept off the picture, and asks again for what was wanted with them. */
  async say(reason: string): Promise<void> {
    const kept = this.kept;
    if (kept === null) return;
    const { rule, found, again } = kept;
    if (!(await this.run({ do: 'override_words', rule, found, reason }))) return;
    this.kept = null;
    if ('do' in again) {
      await this.run(again);
      return;
    }
    const asked = await this.ask(again);
    if (!asked.ok) this.complain(asked.error);
  }

  private keepWords(error: PageError, again: Command | Request): void {
    if (error.message_key !== 'refusal.words_forbidden') return;
    this.kept = { rule: error.params['rule'] ?? '', found: error.params['found'] ?? '', again };
  }

  private lose(): void {
    this.lostAt = Date.now();
    // Levels are of this very moment or of none.
    this.meters = null;
  }

  private note(notice: Notice): void {
    if (!isTold(this.log, notice)) this.keep(notice);
  }

  private keep(line: Notice & Pick<Told, 'place'>): void {
    this.log = [...this.log.slice(-(LOG_LINES - 1)), { ...line, n: this.nextLog++, toldAt: Date.now() }];
  }

  private take(message: Parameters<Client['options']['onMessage']>[0]): void {
    if (message.type === 'welcome') {
      if (this.name === '') view.begin(message.role);
      this.role = message.role;
      this.name = message.name;
      this.version = message.version;
      return;
    }
    switch (message.topic) {
      case 'show':
        if (message.data.phase.phase === 'live' && this.phase !== 'live') {
          this.ring.removeInvented();
          this.repainter.request();
        }
        this.show = message.data;
        this.voice = voiceOf(message.data, prefs.voice);
        if (this.voice !== undefined) prefs.voice = this.voice.id;
        this.learnClock(message.data.server_now);
        return;
      case 'catalogue':
        this.listed = afterChanges(this.listed, message.data);
        if (message.data.whole) this.looked = new Looked();
        this.products = { ...this.looked.all, ...this.listed };
        this.catalogue = { total: message.data.total, version: message.data.version };
        return;
      case 'vetting':
        this.vetting = message.data;
        return;
      case 'status':
        this.status = message.data;
        this.statusAt = Date.now();
        this.learnClock(message.data.now);
        return;
      case 'findings':
        this.findings = message.data;
        return;
      case 'questions':
        this.questions = message.data;
        return;
      case 'held':
        this.held = message.data;
        return;
      case 'heat':
        this.heat = message.data;
        return;
      case 'team':
        this.team = message.data;
        return;
      case 'crew':
        this.crew = message.data;
        return;
      case 'meters':
        this.meters = message.data;
    }
  }

  private learnClock(serverNow: number): void {
    this.clock.sample(serverNow, Date.now());
    this.offset = this.clock.offsetMs;
  }
}

const KEY = Symbol('studio');

export function provideStudio(studio: Studio): void {
  setContext(KEY, studio);
}

export function useStudio(): Studio {
  return getContext<Studio>(KEY);
}
