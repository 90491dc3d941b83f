// The page's end of the WebSocket: hello, topics, answers matched to questions, reconnection.
import { randomId } from '../random_id.ts';
import { faultOf, type EngineAddress, type EngineFault } from '../host/host.ts';
import type {
  ChatLine,
  ChatPlace,
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
  onChat: (lines: ChatLine[], leftOut: number) => void;
  /** These lines were taken back or hidden. */
  onChatRemoved: (messages: readonly string[]) => void;
  /** Everything else that this page has of the chat is to be let go of. */
  onChatWhole: (lines: ChatLine[], leftOut: number) => void;
  onChatMarks: (marks: readonly LineMark[]) => void;
  onNotice: (notice: Notice) => void;
  /** `fault`: why there is no engine, where that is known. */
  /** `refusal`: why the engine let nobody in. */
  onLink: (
    link: Link,
    retryInMs: number | null,
    fault: EngineFault | null,
    refusal: PageError | null,
  ) => void;
}

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 3000;
/** An engine that cannot start is started again at a calm pace: every start takes a second and a log. */
const FAULT_RETRY_MS = 10000;
/** Somebody has to do something first: the device was sent away for good, or guesses are not answered for a minute. */
const REFUSED_RETRY_MS: Readonly<Record<string, number | null>> = {
  'error.access_ended': null,
  'error.too_many_tries': 30000,
};
/** Behind a relay it may have been another studio that said so, which had the room for a while. */
const ENDED_ELSEWHERE_RETRY_MS = 30000;
/** A phone is in the lift for a minute; what was asked before that is not what is wanted now. */
const RESEND_WITHIN_MS = 60000;
/** What begins or ends a show is never sent a second time, whatever became of the answer. */
const NEVER_AGAIN: ReadonlySet<Command['do']> = new Set(['go_live', 'start_rehearsal', 'end_show']);
/** The engine speaks at 2 Hz at least; eight missed turns mean that nobody is there. */
const SILENCE_MS = 4000;
/** The slowest answer is the pre-flight check, which knocks at every destination. */
const ANSWER_MS = 15000;
/** The keychain may ask a person first, who may have gone for the password. */
const PERSON_MS = 300000;
/** A model is given half a minute, and its connection ten seconds. */
const MODEL_MS = 45000;
const ANSWERED_WITHIN_MS: Partial<Record<Request['ask'], number>> = {
  // Connects, sends for ten seconds and takes its leave.
  test_upload: 45000,
  // Every encoder of two more codecs may take its trial's whole time.
  codecs: 60000,
  // A platform may take its time behind other acts, up to 15 s.
  act_on_chat: 20000,
  set_key: PERSON_MS,
  set_phrasing: PERSON_MS,
  // A driver that hangs is waited for, and so is who unlocks the keychain.
  doctor: PERSON_MS,
  save_doctor_report: PERSON_MS,
  phrase_answer: MODEL_MS,
  test_phrasing: MODEL_MS,
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
  isCommand: boolean;
  /** Of a command that the engine carries out once, however often it comes. */
  again: (Extract<ClientMessage, { type: 'command' }> & { once: string }) | null;
}

export class Client {
  private socket: Socket | null = null;
  private attempt = 0;
  private nextId = 1;
  private stopped = false;
  private relayed = false;
  private welcomed = false;
  /** How far the chat of this page is: the engine tells the rest. */
  private chat: ChatPlace | null = null;
  private readonly waiting = new Map<number, Waiting>();
  /** Commands whose answer was lost with the connection: sent again on the next one. */
  private unanswered: Waiting[] = [];
  /** Which run of the engine they were sent to. */
  private run: string | null = null;
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
    this.giveUp();
  }

  /** Tries again now instead of after the wait. */
  retryNow(): void {
    if (this.socket !== null || this.stopRetry === null) return;
    this.stopRetry();
    this.stopRetry = null;
    void this.connect();
  }

  /**
   * Answers with the journal's number after it. `seen`: the entry of the journal that was on the screen when somebody decided
   * on this.
   */
  command(command: Command, seen?: number): Promise<Outcome<number>> {
    const once = NEVER_AGAIN.has(command.do) ? {} : { once: randomId() };
    return this.ask((id) => ({
      type: 'command',
      id,
      command,
      ...once,
      ...(seen === undefined ? {} : { seen }),
    })) as Promise<Outcome<number>>;
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
    return new Promise((settle) => this.send(socket, message(this.nextId++), settle, within));
  }

  private send(
    socket: Socket,
    message: ClientMessage,
    settle: (outcome: Outcome) => void,
    within = ANSWER_MS,
  ): void {
    if (message.type !== 'command' && message.type !== 'request') return;
    const { id } = message;
    const stopTimer = this.options.timers.after(within, () => this.settle(id, lostAnswer('no_answer')));
    const again =
      message.type === 'command' && message.once !== undefined ? { ...message, once: message.once } : null;
    this.waiting.set(id, { settle, stopTimer, isCommand: message.type === 'command', again });
    socket.send(JSON.stringify(message));
  }

  /** Sends what was not answered once more, where the engine still knows what it did. */
  private resend(socket: Socket, run: string): void {
    if (this.run !== run) this.giveUp();
    this.run = run;
    const unanswered = this.unanswered;
    this.unanswered = [];
    for (const { settle, stopTimer, again } of unanswered) {
      stopTimer();
      if (again !== null) this.send(socket, { ...again, id: this.nextId++ }, settle);
    }
  }

  /** Says of what was not answered that nobody knows what became of it. */
  private giveUp(): void {
    const unanswered = this.unanswered;
    this.unanswered = [];
    for (const { settle, stopTimer } of unanswered) {
      stopTimer();
      settle(lostAnswer('answer_lost'));
    }
  }

  private outcomeOf(result: Extract<ServerMessage, { type: 'result' }>): Outcome {
    if (result.outcome === 'failed') return { ok: false, error: result.error };
    return { ok: true, data: this.waiting.get(result.id)?.isCommand === true ? result.seq : result.data };
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
    this.options.onLink('connecting', null, null, null);
    let address: EngineAddress;
    try {
      address = await this.options.address();
    } catch (refusal) {
      this.lost(false, faultOf(refusal));
      return;
    }
    if (this.stopped) return;
    this.relayed = new URL(address.base).pathname !== '/';
    const socket = this.options.open(socketUrl(address.base, '/api/ws'));
    this.socket = socket;
    this.welcomed = false;
    this.watchSilence();
    socket.onopen = () => {
      const hello: ClientMessage = {
        type: 'hello',
        token: address.token,
        lang: this.options.lang(),
        ...(this.chat === null ? {} : { chat: this.chat }),
      };
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
          this.lost(true, null, message.outcome === 'failed' ? message.error : null);
          return;
        }
        this.settle(message.id, this.outcomeOf(message));
        return;
      case 'chat':
        this.options.onChat(message.lines, message.left_out);
        this.reached(message.seq);
        return;
      case 'chat_removed':
        this.options.onChatRemoved(message.messages);
        this.reached(message.seq);
        return;
      case 'chat_caught_up':
        if (message.whole) this.options.onChatWhole(message.lines, message.left_out);
        else {
          // What was taken away may have been shown again since.
          this.options.onChatRemoved(message.removed);
          this.options.onChat(message.lines, message.left_out);
        }
        this.reached(message.seq);
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
        this.options.onLink('open', null, null, null);
        this.options.onMessage(message);
        if (this.socket !== null) this.resend(this.socket, message.run);
        return;
      case 'topic':
        this.options.onMessage(message);
    }
  }

  private reached(seq: number): void {
    if (this.run !== null) this.chat = { run: this.run, seq };
  }

  private watchSilence(): void {
    this.stopSilence?.();
    this.stopSilence = this.options.timers.after(SILENCE_MS, () => {
      // That was a longer wait than any between two tries: an engine that has just come up may be ready by now.
      this.attempt = 0;
      this.lost(false);
    });
  }

  /**
   * Lets go of the socket. Commands in flight wait for the next one, for a minute at most; questions, and what begins or
   * ends a show, are told that their answer is lost and never sent twice.
   */
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
    for (const [id, waiting] of [...this.waiting]) {
      if (waiting.again === null) {
        this.settle(id, lostAnswer('answer_lost'));
        continue;
      }
      this.waiting.delete(id);
      waiting.stopTimer();
      const late: Waiting = { ...waiting };
      late.stopTimer = this.options.timers.after(RESEND_WITHIN_MS, () => {
        this.unanswered = this.unanswered.filter((other) => other !== late);
        late.settle(lostAnswer('answer_lost'));
      });
      this.unanswered.push(late);
    }
  }

  private lost(refused: boolean, fault: EngineFault | null = null, refusal: PageError | null = null): void {
    this.drop();
    if (this.stopped) return;
    let wait: number | null = refused
      ? LONGEST_RETRY_MS
      : retryDelayMs(this.attempt++, this.options.random());
    if (fault !== null) wait = FAULT_RETRY_MS;
    const own = refusal === null ? undefined : REFUSED_RETRY_MS[refusal.message_key];
    if (own !== undefined) wait = own ?? (this.relayed ? ENDED_ELSEWHERE_RETRY_MS : null);
    if (refused) this.giveUp();
    this.options.onLink(refused ? 'refused' : 'lost', wait, fault, refusal);
    if (wait !== null) this.stopRetry = this.options.timers.after(wait, () => void this.connect());
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
