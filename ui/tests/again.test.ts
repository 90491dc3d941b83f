// Commands whose answer was lost with the connection: sent once more where the engine knows them, never twice otherwise.
import { describe, expect, it } from 'vitest';
import { Client, type Link, type Socket } from '../src/wire/client.ts';
import type { PageError } from '../src/wire/types.ts';

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {}
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function world(base = 'http://127.0.0.1:9') {
  const sockets: FakeSocket[] = [];
  const links: [Link, number | null, PageError | null][] = [];
  let now = 0;
  let due: { at: number; run: () => void }[] = [];
  const client = new Client({
    address: () => Promise.resolve({ base, token: 'secret' }),
    lang: () => 'zh-CN',
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    timers: {
      after: (ms, run) => {
        const entry = { at: now + ms, run };
        due.push(entry);
        return () => (due = due.filter((other) => other !== entry));
      },
    },
    random: () => 1,
    onMessage: () => {},
    onChat: () => {},
    onChatRemoved: () => {},
    onChatWhole: () => {},
    onChatMarks: () => {},
    onNotice: () => {},
    onLink: (link, wait, _fault, refusal) => links.push([link, wait, refusal]),
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
  async function advance(ms: number): Promise<void> {
    now += ms;
    const ripe = due.filter((entry) => entry.at <= now);
    due = due.filter((entry) => entry.at > now);
    for (const entry of ripe) entry.run();
    await settled();
  }
  async function welcomed(run: string): Promise<FakeSocket> {
    await settled();
    const socket = sockets.at(-1) as FakeSocket;
    socket.onopen?.();
    socket.say({ type: 'welcome', role: 'producer', name: 'Li', run, version: '0.1.0' });
    return socket;
  }
  client.start();
  return { client, links, sockets, advance, welcomed, settled };
}

const commands = (socket: FakeSocket) => socket.sent.filter(({ type }) => type === 'command');

describe('a command in flight when the connection broke', () => {
  it('is sent again by its name, and answered', async () => {
    const { client, advance, welcomed } = world();
    const first = await welcomed('a');
    const answer = client.command({ do: 'take_off_air' }, 12);
    first.onclose?.();
    await advance(300);
    const next = await welcomed('a');
    const [sent, again] = [commands(first), commands(next)];
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ once: sent[0]?.['once'], seen: 12 });
    next.say({ type: 'result', id: again[0]?.['id'], outcome: 'ok', seq: 13, data: null });
    expect(await answer).toEqual({ ok: true, data: 13 });
  });

  it('is said to be lost when another engine answers, or nobody for a minute', async () => {
    for (const run of ['b', null]) {
      const { client, advance, welcomed } = world();
      const first = await welcomed('a');
      const answer = client.command({ do: 'take_off_air' });
      first.onclose?.();
      await advance(run === null ? 60_000 : 300);
      if (run !== null) expect(commands(await welcomed(run))).toEqual([]);
      expect(await answer).toMatchObject({ ok: false, error: { message_key: 'error.answer_lost' } });
    }
  });
});

it('nothing that is pressed while offline is sent later', async () => {
  const { client, advance, welcomed } = world();
  (await welcomed('a')).onclose?.();
  expect(await client.command({ do: 'take_off_air' })).toMatchObject({
    error: { message_key: 'error.not_connected' },
  });
  await advance(300);
  expect(commands(await welcomed('a'))).toEqual([]);
});

it('a device that was sent away stays away, one that waits for a yes comes again', async () => {
  const { links, sockets, advance, settled } = world();
  await settled();
  const refused = (code: string): void => {
    const error = { code, message_key: `error.${code}`, params: {}, retryable: false };
    sockets.at(-1)?.say({ type: 'result', id: 0, outcome: 'failed', error });
  };
  refused('awaits_yes');
  expect(links.at(-1)).toMatchObject(['refused', 3000, { message_key: 'error.awaits_yes' }]);
  await advance(3000);
  expect(sockets).toHaveLength(2);
  refused('access_ended');
  expect(links.at(-1)).toMatchObject(['refused', null, { message_key: 'error.access_ended' }]);
  await advance(600_000);
  expect(sockets).toHaveLength(2);
});

it('behind a relay a device that was sent away asks again: another studio may have had the room', async () => {
  const { links, sockets, advance, settled } = world('https://relay.example/team/abc');
  await settled();
  const error = { code: 'access_ended', message_key: 'error.access_ended', params: {}, retryable: false };
  sockets.at(-1)?.say({ type: 'result', id: 0, outcome: 'failed', error });
  expect(links.at(-1)).toMatchObject(['refused', 30_000, { message_key: 'error.access_ended' }]);
  await advance(30_000);
  expect(sockets).toHaveLength(2);
});
