// Child processes of a test: they end with it, and what they bring about is waited for.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of the test's own. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'stallcast-web-'));
}

/** A program that writes what it says into a file. */
export class Program {
  private readonly child: ChildProcess;

  constructor(
    file: string,
    args: string[],
    readonly log: string,
    options: SpawnOptions = {},
  ) {
    const out = openSync(log, 'w');
    this.child = spawn(file, args, { ...options, stdio: ['ignore', out, out] });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  said(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** Asks it to end; kills it when it has not within `patienceMs`. */
  async end(patienceMs = 10_000): Promise<void> {
    if (this.ended) return;
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    await gone;
    clearTimeout(timer);
  }
}

/** Asks `found` again and again until it has an answer. */
export async function eventually<T>(
  what: string,
  found: () => Promise<T | null> | T | null,
  patienceMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await found();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A port of loopback that nobody used a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
