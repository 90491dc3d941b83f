// The page's end of the WebSocket: hello, topics, answers matched to questions, reconnection.
import { faultOf, type EngineAddress, type EngineFault } from '../host/host.ts';
import type {
  ChatLine,
  ClientMessage,
  Command,
  LineMark,
  Notice,
  PageError,
  Request,
  ServerMessage,
} from './types.ts';

/** `refused` = the engine answered and did not accept the token. */
export type Link = 'connecting' | 'open' | 'lost' | 'refused';

export type Outcome<T = unknown> = { ok: true; data: T } | { ok: false; error: PageError };

/** What the client needs of a WebSocket; a test hands in its own. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Timers {
  after(ms: number, run: () => void): () => void;
}

export interface ClientOptions {
  address: () => Promise<EngineAddress>;
  lang: () => string;
  open: (url: string) => Socket;
  timers: Timers;
  /** 0..1, spreads reconnections of a whole team. */
  random: () => number;
  onMessage: (message: Extract<ServerMessage, { type: 'welcome' } | { type: 'topic' }>) => void;
  onChat: (lines: ChatLine[], fresh: boolean) => void;
  /** The platform's moderators took these lines back. */
  onChatRemoved: (messages: readonly string[]) => void;
  onChatMarks: (marks: readonly LineMark[]) => void;
  onNotice: (notice: Notice) => void;
  /** `fault`: why there is no engine, where that is known. */
  onLink: (link: Link, retryInMs: number | null, fault: EngineFault | null) => void;
}

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 3000;
/** An engine that cannot start is started again at a calm pace: every start takes a second and a log. */
const FAULT_RETRY_MS = 10000;
/** The engine speaks at 2 Hz at least; eight missed turns mean that nobody is there. */
const SILENCE_MS = 4000;
/** The slowest answer is the pre-flight check, which knocks at every destination. */
const ANSWER_MS = 15000;
/** The keychain may ask a person first, who may have gone for the password. */
const PERSON_MS = 300000;
const ANSWERED_WITHIN_MS: Partial<Record<Request['ask'], number>> = {
  // Connects, sends for ten seconds and takes its leave.
  test_upload: 45000,
  // Every encoder of two more codecs may take its trial's whole time.
  codecs: 60000,
  // A platform may take its time behind other acts, up to 15 s.
  act_on_chat: 20000,
  set_key: PERSON_MS,
  connect_chat: PERSON_MS,
  disconnect_chat: PERSON_MS,
};
/** The engine answers so many requests of one page at once, and refuses more: the others wait here for their turn. */
const REQUESTS_AT_ONCE = 4;
/** Back-off doubles from 0.3 s to 3 s; the last fifth is left to chance. */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return Math.round(full * (0.8 + 0.2 * random));
}

/** `http://host:port` becomes `ws://host:port` + path. */
export function socketUrl(base: string, path: string): string {
  return base.replace(/^http/, 'ws').replace(/\/$/, '') + path;
}

export function localError(code: string): PageError {
  return { message_key: `error.${code}`, params: {}, retryable: true };
}

interface Waiting {
  settle: (outcome: Outcome) => void;
  stopTimer: () => void;
}

export class Client {
  private socket: Socket | null = null;
  private attempt = 0;
  private nextId = 1;
  private stopped = false;
  private welcomed = false;
  private fresh = true;
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private readonly turns: (() => void)[] = [];
  private stopRetry: (() => void) | null = null;
  private stopSilence: (() => void) | null = null;

  constructor(readonly options: ClientOptions) {}

  start(): void {
    this.stopped = false;
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.stopRetry?.();
    this.drop();
  }

  /** Tries again now instead of after the wait. */
  retryNow(): void {
    if (this.socket !== null || this.stopRetry === null) return;
    this.stopRetry();
    this.stopRetry = null;
    void this.connect();
  }

  command(command: Command): Promise<Outcome> {
    return this.ask((id) => ({ type: 'command', id, command }));
  }

  request<T>(request: Request): Promise<Outcome<T>> {
    const within = ANSWERED_WITHIN_MS[request.ask] ?? ANSWER_MS;
    return this.inTurn(() => this.ask((id) => ({ type: 'request', id, request }), within)) as Promise<
      Outcome<T>
    >;
  }

  /** Asks now, or when one of those that were asked before has its answer. */
  private async inTurn(ask: () => Promise<Outcome>): Promise<Outcome> {
    if (this.asked >= REQUESTS_AT_ONCE) await new Promise<void>((turn) => this.turns.push(turn));
    else this.asked += 1;
    const outcome = await ask();
    const next = this.turns.shift();
    if (next === undefined) this.asked -= 1;
    else next();
    return outcome;
  }

  private ask(message: (id: number) => ClientMessage, within = ANSWER_MS): Promise<Outcome> {
    const socket = this.socket;
    if (socket === null || !this.welcomed) {
      return Promise.resolve({ ok: false, error: localError('not_connected') });
    }
    const id = this.nextId++;
    return new Promise((resolve) => {
      const stopTimer = this.options.timers.after(within, () => this.settle(id, lostAnswer('no_answer')));
      this.waiting.set(id, { settle: resolve, stopTimer });
      socket.send(JSON.stringify(message(id)));
    });
  }

  private settle(id: number, outcome: Outcome): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    waiting.stopTimer();
    waiting.settle(outcome);
  }

  private async connect(): Promise<void> {
    this.stopRetry = null;
    this.options.onLink('connecting', null, null);
    let address: EngineAddress;
    try {
      address = await this.options.address();
    } catch (refusal) {
      this.lost(false, faultOf(refusal));
      return;
    }
    if (this.stopped) return;
    const socket = this.options.open(socketUrl(address.base, '/api/ws'));
    this.socket = socket;
    this.welcomed = false;
    this.fresh = true;
    this.watchSilence();
    socket.onopen = () => {
      const hello: ClientMessage = { type: 'hello', token: address.token, lang: this.options.lang() };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket || typeof event.data !== 'string') return;
      this.watchSilence();
      this.receive(JSON.parse(event.data) as ServerMessage);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost(false);
    };
  }

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case 'result':
        // Instead of a welcome: the engine does not know this token.
        if (!this.welcomed) {
          this.lost(true);
          return;
        }
        this.settle(
          message.id,
          message.outcome === 'ok' ? { ok: true, data: message.data } : { ok: false, error: message.error },
        );
        return;
      case 'chat':
        this.options.onChat(message.lines, this.fresh);
        this.fresh = false;
        return;
      case 'chat_removed':
        this.options.onChatRemoved(message.messages);
        return;
      case 'chat_marks':
        this.options.onChatMarks(message.marks);
        return;
      case 'notice':
        this.options.onNotice(message.notice);
        return;
      case 'welcome':
        this.welcomed = true;
        this.attempt = 0;
        this.options.onLink('open', null, null);
        this.options.onMessage(message);
        return;
      case 'topic':
        this.options.onMessage(message);
    }
  }

  private watchSilence(): void {
    this.stopSilence?.();
    this.stopSilence = this.options.timers.after(SILENCE_MS, () => this.lost(false));
  }

  /** Lets go of the socket. Questions in flight are told so and never sent twice: going live twice is no retry. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    this.stopSilence?.();
    this.stopSilence = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const id of [...this.waiting.keys()]) this.settle(id, lostAnswer('answer_lost'));
  }

  private lost(refused: boolean, fault: EngineFault | null = null): void {
    this.drop();
    if (this.stopped) return;
    let wait = refused ? LONGEST_RETRY_MS : retryDelayMs(this.attempt++, this.options.random());
    if (fault !== null) wait = FAULT_RETRY_MS;
    this.options.onLink(refused ? 'refused' : 'lost', wait, fault);
    this.stopRetry = this.options.timers.after(wait, () => void this.connect());
  }
}

function lostAnswer(code: string): Outcome {
  return { ok: false, error: localError(code) };
}

export const browserTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
