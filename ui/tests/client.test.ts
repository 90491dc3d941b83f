import { describe, expect, it } from 'vitest';
import { Client, retryDelayMs, socketUrl, type Link, type Socket } from '../src/wire/client.ts';
import type { EngineFault } from '../src/host/host.ts';
import type { ChatLine, Notice, ServerMessage } from '../src/wire/types.ts';

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closed = false;
  constructor(readonly url: string) {}
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A clock that only moves when told. */
class FakeTimers {
  now = 0;
  private due: { at: number; run: () => void }[] = [];
  after(ms: number, run: () => void): () => void {
    const entry = { at: this.now + ms, run };
    this.due.push(entry);
    return () => (this.due = this.due.filter((other) => other !== entry));
  }
  advance(ms: number): void {
    this.now += ms;
    const ripe = this.due.filter((entry) => entry.at <= this.now);
    this.due = this.due.filter((entry) => entry.at > this.now);
    for (const entry of ripe) entry.run();
  }
}

function world(address = () => Promise.resolve({ base: 'http://127.0.0.1:9', token: 'secret' })) {
  const sockets: FakeSocket[] = [];
  const timers = new FakeTimers();
  const links: [Link, number | null][] = [];
  const faults: (EngineFault | null)[] = [];
  const messages: ServerMessage[] = [];
  const chat: ChatLine[][] = [];
  const whole: ChatLine[][] = [];
  const left: number[] = [];
  const removed: string[][] = [];
  const notices: Notice[] = [];
  const client = new Client({
    address,
    lang: () => 'zh-CN',
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
    timers,
    random: () => 1,
    onMessage: (message) => messages.push(message),
    onChat: (lines, leftOut) => {
      chat.push(lines);
      left.push(leftOut);
    },
    onChatRemoved: (messages) => removed.push([...messages]),
    onChatWhole: (lines, leftOut) => {
      whole.push(lines);
      left.push(leftOut);
    },
    onChatMarks: () => {},
    onNotice: (notice) => notices.push(notice),
    onLink: (link, wait, fault) => {
      links.push([link, wait]);
      faults.push(fault);
    },
  });
  const settled = () => Promise.resolve().then(() => Promise.resolve());
  async function welcomed(): Promise<FakeSocket> {
    client.start();
    await settled();
    const socket = sockets.at(-1) as FakeSocket;
    socket.onopen?.();
    socket.say({ type: 'welcome', role: 'owner', version: '0.1.0' });
    return socket;
  }
  return {
    client,
    sockets,
    timers,
    links,
    faults,
    messages,
    chat,
    whole,
    left,
    removed,
    notices,
    settled,
    welcomed,
  };
}

describe('the client', () => {
  it('says why the window has no engine, and starts it again at a calm pace', async () => {
    const told = { code: 'ended', said: 'the journal is damaged', log: '/data/engine.log' };
    const { client, links, faults, timers, settled } = world(() => Promise.reject(told));
    client.start();
    await settled();
    expect(links).toEqual([
      ['connecting', null],
      ['lost', 10000],
    ]);
    expect(faults).toEqual([null, told]);
    timers.advance(10000);
    await settled();
    expect(links.slice(2)).toEqual([
      ['connecting', null],
      ['lost', 10000],
    ]);
  });

  it('takes a refusal that it does not understand for a lost connection', async () => {
    for (const odd of [undefined, 'missing', { code: 'silent' }, { code: 'unheard_of', log: '/l' }]) {
      const { client, links, faults, settled } = world(() => Promise.reject(odd));
      client.start();
      await settled();
      expect(links.at(-1)).toEqual(['lost', 300]);
      expect(faults.at(-1)).toBeNull();
    }
  });

  it('says hello first, with the token in the message and not in the address', async () => {
    const { welcomed, links } = world();
    const socket = await welcomed();
    expect(socket.url).toBe('ws://127.0.0.1:9/api/ws');
    expect(socket.sent).toEqual([{ type: 'hello', token: 'secret', lang: 'zh-CN' }]);
    expect(links.map(([link]) => link)).toEqual(['connecting', 'open']);
  });

  it('matches answers to questions whatever their order', async () => {
    const { client, welcomed } = world();
    const socket = await welcomed();
    const first = client.command({ do: 'take_off_air' });
    const second = client.request({ ask: 'preflight' });
    const [a, b] = socket.sent.slice(1);
    socket.say({ type: 'result', id: b?.['id'], outcome: 'ok', seq: 4, data: { items: [] } });
    const error = { code: 'refused', message_key: 'refusal.not_on_air', params: {}, retryable: false };
    socket.say({ type: 'result', id: a?.['id'], outcome: 'failed', error });
    expect(await second).toEqual({ ok: true, data: { items: [] } });
    expect(await first).toEqual({ ok: false, error });
  });

  it('asks four things at once, and the others as answers come', async () => {
    const { client, settled, welcomed } = world();
    const socket = await welcomed();
    const cameras = ['a', 'b', 'c', 'd', 'e', 'f'];
    const answers = cameras.map((device) => client.request({ ask: 'camera', device }));
    const asked = () =>
      socket.sent.slice(1).map((message) => (message['request'] as { device: string }).device);
    expect(asked()).toEqual(['a', 'b', 'c', 'd']);
    const answer = (n: number) =>
      socket.say({ type: 'result', id: socket.sent[n]?.['id'], outcome: 'ok', seq: 1, data: n });
    answer(3);
    expect(await answers[2]).toEqual({ ok: true, data: 3 });
    await settled();
    expect(asked()).toEqual(['a', 'b', 'c', 'd', 'e']);
    // What a lost connection took is told to those that still waited for their turn, too.
    socket.onclose?.();
    const rest = await Promise.all(answers.filter((_, n) => n !== 2));
    expect(rest.map((outcome) => outcome.ok)).toEqual([false, false, false, false, false]);
    expect(rest.at(-1)).toMatchObject({ error: { message_key: 'error.not_connected' } });
  });

  it('waits for a person whom the keychain asks', async () => {
    const { client, timers, welcomed } = world();
    const socket = await welcomed();
    const kept = client.request({ ask: 'set_key', destination: 'd', key: 'k', allow_file: false });
    for (let seconds = 0; seconds < 120; seconds += 3) {
      timers.advance(3000);
      socket.say({ type: 'topic', seq: 1, topic: 'catalogue', data: { products: [] } });
    }
    socket.say({ type: 'result', id: socket.sent.at(-1)?.['id'], outcome: 'ok', seq: 4, data: null });
    expect(await kept).toEqual({ ok: true, data: null });
  });

  it('hands on topics, chat and notices', async () => {
    const { welcomed, messages, chat, notices } = world();
    const socket = await welcomed();
    socket.say({ type: 'topic', seq: 1, topic: 'catalogue', data: { products: [] } });
    socket.say({ type: 'chat', seq: 1, left_out: 0, lines: [{ id: 'a' }] });
    socket.say({ type: 'notice', notice: { level: 'warn', key: 'notice.slate', params: {}, at: 1 } });
    expect(messages.map((message) => message.type)).toEqual(['welcome', 'topic']);
    expect(chat).toEqual([[{ id: 'a' }]]);
    expect(notices[0]?.key).toBe('notice.slate');
  });

  it('says how far its chat is when it comes again, and takes what it missed', async () => {
    const { client, sockets, timers, settled, welcomed, chat, removed, whole, left } = world();
    const socket = await welcomed();
    socket.say({ type: 'welcome', role: 'owner', run: 'a', version: '0.1.0' });
    expect(socket.sent[0]).not.toHaveProperty('chat');
    const lines = [{ id: 'x' }];
    socket.say({ type: 'chat_caught_up', seq: 3, whole: true, removed: [], left_out: 5, lines });
    socket.say({ type: 'chat', seq: 4, left_out: 0, lines: [{ id: 'y' }] });
    socket.say({ type: 'chat_removed', seq: 5, messages: ['x'] });
    socket.onclose?.();
    timers.advance(300);
    await settled();
    const again = sockets.at(-1);
    again?.onopen?.();
    expect(again?.sent[0]).toMatchObject({ type: 'hello', chat: { run: 'a', seq: 5 } });
    again?.say({ type: 'welcome', role: 'owner', run: 'a', version: '0.1.0' });
    again?.say({
      type: 'chat_caught_up',
      seq: 9,
      whole: false,
      removed: ['y'],
      left_out: 7,
      lines: [{ id: 'z' }],
    });
    expect(whole).toEqual([[{ id: 'x' }]]);
    expect(removed).toEqual([['x'], ['y']]);
    expect(chat).toEqual([[{ id: 'y' }], [{ id: 'z' }]]);
    expect(left).toEqual([5, 0, 7]);
    client.stop();
  });

  it('never sends twice what was in flight when the connection broke', async () => {
    const { client, sockets, timers, settled, welcomed } = world();
    const socket = await welcomed();
    const answer = client.command({ do: 'go_live' });
    socket.onclose?.();
    expect(await answer).toMatchObject({ ok: false, error: { message_key: 'error.answer_lost' } });
    timers.advance(300);
    await settled();
    const again = sockets.at(-1) as FakeSocket;
    again.onopen?.();
    again.say({ type: 'welcome', role: 'owner', version: '0.1.0' });
    expect(again.sent.map((message) => message['type'])).toEqual(['hello']);
  });

  it('reconnects after 0.3 s and waits longer each time, up to 3 s', async () => {
    const { welcomed, sockets, timers, links, settled } = world();
    const socket = await welcomed();
    socket.onclose?.();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 6; i += 1) {
      const wait = links.at(-1)?.[1] ?? 0;
      waits.push(wait);
      timers.advance(wait);
      await settled();
      sockets.at(-1)?.onclose?.();
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 3000, 3000]);
  });

  it('starts over from the short wait once it was welcome, however short that was', async () => {
    const { welcomed, sockets, timers, links, settled } = world();
    const socket = await welcomed();
    socket.onclose?.();
    for (let i = 0; i < 4; i += 1) {
      timers.advance(links.at(-1)?.[1] ?? 0);
      await settled();
      if (i < 3) sockets.at(-1)?.onclose?.();
    }
    expect(links.at(-2)).toEqual(['lost', 2400]);
    sockets.at(-1)?.onopen?.();
    sockets.at(-1)?.say({ type: 'welcome', role: 'owner', version: '0.1.0' });
    sockets.at(-1)?.onclose?.();
    expect(links.at(-1)).toEqual(['lost', 300]);
  });

  it('does not wait again after an engine that only just came up let it wait', async () => {
    const { welcomed, sockets, timers, links, settled } = world();
    const socket = await welcomed();
    socket.onclose?.();
    for (let i = 0; i < 5; i += 1) {
      timers.advance(links.at(-1)?.[1] ?? 0);
      await settled();
      if (i < 4) sockets.at(-1)?.onclose?.();
    }
    expect(links.at(-2)).toEqual(['lost', 3000]);
    // It takes the connection and has nothing to say yet.
    sockets.at(-1)?.onopen?.();
    timers.advance(4000);
    expect(links.at(-1)).toEqual(['lost', 300]);
  });

  it('takes four silent seconds for a dead engine', async () => {
    const { welcomed, timers, links } = world();
    const socket = await welcomed();
    timers.advance(3999);
    expect(links.at(-1)?.[0]).toBe('open');
    timers.advance(1);
    expect(links.at(-1)?.[0]).toBe('lost');
    expect(socket.closed).toBe(true);
  });

  it('is told apart from a lost engine when the token is refused', async () => {
    const { client, sockets, links, settled } = world();
    client.start();
    await settled();
    sockets[0]?.onopen?.();
    const error = { code: 'unauthorized', message_key: 'error.unauthorized', params: {}, retryable: false };
    sockets[0]?.say({ type: 'result', id: 0, outcome: 'failed', error });
    expect(links.at(-1)).toEqual(['refused', 3000]);
  });

  it('refuses to send before the welcome', async () => {
    const { client } = world();
    expect(await client.command({ do: 'go_live' })).toMatchObject({
      ok: false,
      error: { message_key: 'error.not_connected' },
    });
  });

  it('waits for an upload test as long as one takes', async () => {
    const { client, welcomed, timers } = world();
    const socket = await welcomed();
    let answer: unknown = null;
    const asked = client.request({ ask: 'test_upload', to: { at: 'server', url: 'rtmp://host/app/name' } });
    void asked.then((outcome) => (answer = outcome));
    for (let i = 0; i < 30; i += 1) {
      timers.advance(1000);
      socket.say({ type: 'chat', seq: 1, left_out: 0, lines: [] });
    }
    await Promise.resolve();
    expect(answer).toBeNull();
  });

  it('gives up on an answer after 15 s while the engine goes on talking', async () => {
    const { client, welcomed, timers } = world();
    const socket = await welcomed();
    const answer = client.command({ do: 'take_off_air' });
    for (let i = 0; i < 15; i += 1) {
      timers.advance(1000);
      socket.say({ type: 'chat', seq: 1, left_out: 0, lines: [] });
    }
    expect(await answer).toMatchObject({ ok: false, error: { message_key: 'error.no_answer' } });
  });

  it('says nothing more once stopped', async () => {
    const { client, welcomed, timers, sockets, settled } = world();
    await welcomed();
    client.stop();
    timers.advance(60_000);
    await settled();
    expect(sockets).toHaveLength(1);
  });
});

describe('addresses and waits', () => {
  it('turns http into ws and https into wss', () => {
    expect(socketUrl('https://studio.example/', '/api/ws')).toBe('wss://studio.example/api/ws');
  });

  it('spreads a team over the last fifth of the wait', () => {
    expect(retryDelayMs(0, 0)).toBe(240);
    expect(retryDelayMs(0, 1)).toBe(300);
    expect(retryDelayMs(40, 1)).toBe(3000);
  });
});
