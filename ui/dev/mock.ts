// A stand-in for the engine inside Vite's dev server: speaks the protocol, one show for each token.
// Tokens choose what is to be seen: `dev`, or with `idle`, `live`, `inputs`, `trouble`, `down`, `reconly`, `flood`, `long`,
// `empty`, `crowd`, `viewer`, `moderator`, `producer`, `team`, `gone` (dies after two seconds) in them.
import { spawn, type ChildProcess } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Plugin } from 'vite';
import type { ChatLine, ClientMessage, ServerMessage } from '../src/wire/types.ts';
import { wholeCatalogue } from './mock_catalogue.ts';
import { MockStudio } from './mock_studio.ts';
import { CREW, ROLES, teamOf } from './mock_team.ts';

const studios = new Map<string, MockStudio>();

function studioOf(token: string): MockStudio {
  let studio = studios.get(token);
  if (studio === undefined) {
    studio = new MockStudio(token);
    studios.set(token, studio);
  }
  return studio;
}

export function mockEngine(): Plugin {
  return {
    name: 'mock-engine',
    configureServer(server) {
      server.middlewares.use(http);
      server.httpServer?.on('upgrade', upgrade);
    },
    configurePreviewServer(server) {
      server.middlewares.use(http);
      server.httpServer.on('upgrade', upgrade);
    },
  };
}

const sockets = new WebSocketServer({ noServer: true });

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://x');
  if (path !== '/api/ws' && path !== '/api/preview') return;
  sockets.handleUpgrade(request, socket, head, (ws) => {
    if (path === '/api/ws') serve(ws);
    else void picture(ws, searchParams.get('canvas') === 'portrait' ? '304x540' : '960x540');
  });
}

const GONE_AFTER_MS = 2000;
/** Engines that died: nobody answers for them any more. */
const gone = new Set<string>();

/** As the engine reads it: every member there, and text. */
function isHello(message: object): boolean {
  const { token, lang } = message as { token?: unknown; lang?: unknown };
  return typeof token === 'string' && typeof lang === 'string';
}

function serve(ws: WebSocket): void {
  const send = (message: ServerMessage): void => ws.send(JSON.stringify(message));
  let studio: MockStudio | null = null;
  let seq = 0;
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, run: () => void): void => void timers.push(setInterval(run, ms));

  function show(): void {
    if (studio === null) return;
    send({ type: 'topic', seq: seq++, topic: 'findings', data: studio.findings() });
    send({ type: 'topic', seq: seq++, topic: 'vetting', data: studio.vetting });
    send({ type: 'topic', seq: seq++, topic: 'show', data: studio.view() });
    send({ type: 'topic', seq: seq++, topic: 'questions', data: studio.asked.view() });
    send({ type: 'topic', seq: seq++, topic: 'held', data: studio.asked.held });
    send({ type: 'topic', seq: seq++, topic: 'heat', data: studio.heat() });
  }

  function begin(token: string): void {
    if (gone.has(token)) {
      ws.close();
      return;
    }
    if (token.includes('gone')) {
      setTimeout(() => {
        gone.add(token);
        ws.close();
      }, GONE_AFTER_MS);
    }
    const opened = studioOf(token);
    studio = opened;
    const role = ROLES.find((known) => token.includes(known)) ?? 'owner';
    send({
      type: 'welcome',
      role,
      name: role === 'owner' ? 'studio' : '小李',
      run: 'mock',
      version: '0.1.0',
    });
    if (role === 'owner') send({ type: 'topic', seq: seq++, topic: 'team', data: teamOf(token) });
    if (!['viewer', 'moderator'].includes(role) && (role !== 'owner' || token.includes('team')))
      send({ type: 'topic', seq: seq++, topic: 'crew', data: CREW });
    send({
      type: 'chat_caught_up',
      seq: 1,
      whole: true,
      removed: [],
      left_out: 0,
      lines: opened.recentChat(),
    });
    const said = opened.recentChat().at(-6);
    if (said !== undefined) send({ type: 'chat_marks', marks: [{ message: said.id, times: 37, why: null }] });
    send({ type: 'topic', seq: seq++, topic: 'catalogue', data: wholeCatalogue(opened.products(), seq) });
    show();
    const status = (): void => send({ type: 'topic', seq: seq++, topic: 'status', data: opened.status() });
    status();
    every(500, status);
    every(100, () => send({ type: 'topic', seq: seq++, topic: 'meters', data: opened.meters() }));
    let lines: ChatLine[] = [];
    // Members get a part of a flood.
    let left_out = role === 'owner' ? 0 : 380;
    every(100, () => {
      lines = opened.newChat();
      if (lines.length === 0) return;
      send({ type: 'chat', seq: 1, left_out, lines });
      left_out = 0;
    });
    opened.watchers.add(show);
    opened.catalogueWatchers.add(catalogue);
    opened.noticers.add(notice);
  }

  function catalogue(): void {
    if (studio !== null)
      send({ type: 'topic', seq: seq++, topic: 'catalogue', data: wholeCatalogue(studio.products(), seq) });
  }

  function notice(entry: Extract<ServerMessage, { type: 'notice' }>['notice']): void {
    send({ type: 'notice', notice: entry });
  }

  ws.on('message', (raw) => {
    const message = JSON.parse(String(raw)) as ClientMessage;
    if (message.type === 'hello') {
      if (!isHello(message) || !message.token.includes('dev')) {
        const error = {
          code: 'unauthorized' as const,
          message_key: 'error.unauthorized',
          params: {},
          retryable: false,
        };
        send({ type: 'result', id: 0, outcome: 'failed', error });
        ws.close();
        return;
      }
      begin(message.token);
    } else if (studio !== null && (message.type === 'command' || message.type === 'request')) {
      const own = studio;
      // Slow enough to see an action in flight.
      setTimeout(() => {
        const result =
          message.type === 'command' ? own.command(message.command) : own.request(message.request);
        send({ type: 'result', id: message.id, ...result });
      }, 120);
    }
  });
  ws.on('close', () => {
    timers.forEach(clearInterval);
    studio?.watchers.delete(show);
    studio?.catalogueWatchers.delete(catalogue);
    studio?.noticers.delete(notice);
  });
}

/** Moving pictures from ffmpeg, where it is installed; without it the preview says that there is none. */
async function picture(ws: WebSocket, size: string): Promise<void> {
  let ffmpeg: ChildProcess | null = null;
  let seq = 0;
  let free = true;
  ws.on('message', (raw) => {
    const message = JSON.parse(String(raw)) as { type: string };
    if (message.type === 'ack') free = true;
    if (message.type !== 'hello' || ffmpeg !== null) return;
    const { token } = message as unknown as { token: string };
    if (!isHello(message) || gone.has(token)) {
      ws.close();
      return;
    }
    if (token.includes('gone')) setTimeout(() => ws.close(), GONE_AFTER_MS);
    const source = `gradients=s=${size}:r=12:c0=0x24521f:c1=0xc8562b:c2=0xe9c46a:c3=0x1d3557:nb_colors=4:speed=0.02`;
    const made = spawn(
      'ffmpeg',
      ['-v', 'quiet', '-re', '-f', 'lavfi', '-i', source, '-q:v', '5', '-f', 'mjpeg', '-'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    made.on('error', () => undefined);
    ffmpeg = made;
    let rest = Buffer.alloc(0);
    made.stdout.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const end = rest.indexOf(Buffer.from([0xff, 0xd9]));
        if (end < 0) return;
        const jpeg = rest.subarray(0, end + 2);
        rest = rest.subarray(end + 2);
        if (!free) continue;
        free = false;
        const head = Buffer.alloc(16);
        head.write('SCP1');
        head.writeUInt32LE(seq++, 4);
        head.writeDoubleLE(Date.now(), 8);
        ws.send(Buffer.concat([head, jpeg]));
      }
    });
  });
  ws.on('close', () => ffmpeg?.kill());
}

const HUES: Record<string, string> = {
  fuji: '#c0392b',
  pear: '#c9c458',
  orange: '#e08a2e',
  kiwi: '#7aa23a',
  walnut: '#9c7a52',
  date: '#7d3026',
  tea: '#4d7c4f',
};

function http(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const url = new URL(request.url ?? '/', 'http://x');
  const photo = /^\/api\/photo\/(\w+)\.svg$/.exec(url.pathname)?.[1];
  if (photo !== undefined) {
    response.setHeader('Content-Type', 'image/svg+xml');
    const hue = HUES[photo] ?? '#888';
    response.end(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#f2ead9"/><circle cx="15" cy="22" r="11" fill="${hue}"/><circle cx="27" cy="25" r="9" fill="${hue}" opacity=".75"/><path d="M15 12q2-6 8-7" stroke="#5b3a1e" stroke-width="2" fill="none"/></svg>`,
    );
    return;
  }
  if (url.pathname === '/api/look') {
    // The engine draws these; here only place and size of the parts matter.
    const upright = url.searchParams.get('canvas') === 'portrait';
    const [width, height] = upright ? [540, 960] : [960, 540];
    const hue = (url.searchParams.get('theme') ?? '').length * 53;
    response.setHeader('Content-Type', 'image/svg+xml');
    response.end(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="#76877c"/><rect x="40" y="${upright ? 480 : 340}" width="420" height="140" rx="16" fill="hsl(${hue} 60% 88%)"/></svg>`,
    );
    return;
  }
  if (url.pathname === '/api/import' && request.method === 'POST') {
    const token = String(request.headers.authorization ?? '').replace('Bearer ', '');
    request.resume();
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      const name = decodeURIComponent(String(request.headers['x-file-name']));
      if (name.endsWith('.pdf')) {
        response.statusCode = 422;
        response.end(
          JSON.stringify({
            code: 'import_unreadable',
            message_key: 'error.import_unreadable',
            params: { cause: 'not_a_sheet' },
            retryable: false,
          }),
        );
        return;
      }
      const isLook = url.searchParams.get('step') === 'look';
      const offset = Number(url.searchParams.get('offset') ?? 0);
      response.end(JSON.stringify(studioOf(token).importReport(isLook, offset)));
    });
    return;
  }
  next();
}
