// A relay as its operator runs it: a real nats-server, two copies, and a balancer before them with one address.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { builtProgram } from './engine.ts';
import { eventually, freePort, freshFolder, listens, Program } from './processes.ts';

/** One copy of the relay. */
class Copy {
  private constructor(
    readonly port: number,
    private program: Program,
    private readonly start: () => Program,
  ) {}

  static async start(nats: string, home: string, name: string): Promise<Copy> {
    const port = await freePort();
    const args = ['--nats', nats, 'serve', '--listen', `127.0.0.1:${port}`];
    const start = (): Program =>
      new Program(builtProgram('stallcast-relay'), args, join(home, `${name}.log`));
    const copy = new Copy(port, start(), start);
    await copy.isWell();
    return copy;
  }

  private async isWell(): Promise<void> {
    await eventually('the relay is well', async () => {
      const answer = await fetch(`http://127.0.0.1:${this.port}/health`).catch(() => null);
      return answer?.ok === true ? true : null;
    });
  }

  /** As `kill -9` ends it, and started again. */
  async kill(): Promise<void> {
    process.kill(this.program.pid, 'SIGKILL');
    await eventually('the copy is gone', () => (this.program.ended ? true : null));
  }

  async restart(): Promise<void> {
    this.program = this.start();
    await this.isWell();
  }

  end(): Promise<void> {
    return this.program.end();
  }
}

export class Relay {
  /** Copies in the order in which connections try them. */
  order: Copy[];

  private constructor(
    private readonly home: string,
    private readonly nats: Program,
    readonly copies: readonly [Copy, Copy],
    private readonly balancer: Server,
    readonly address: string,
    readonly room: string,
    readonly key: string,
  ) {
    this.order = [...copies];
  }

  static async start(): Promise<Relay> {
    const home = freshFolder();
    const natsPort = await freePort();
    const natsArgs = ['-a', '127.0.0.1', '-p', String(natsPort), '-js', '-sd', join(home, 'nats')];
    const nats = new Program('nats-server', natsArgs, join(home, 'nats.log'));
    await eventually('nats-server listens', async () => ((await listens(natsPort)) ? true : null));
    const url = `nats://127.0.0.1:${natsPort}`;
    const copies = [await Copy.start(url, home, 'a'), await Copy.start(url, home, 'b')] as const;
    const words = ['--nats', url, 'room', 'add', 'orchard'];
    const printed = execFileSync(builtProgram('stallcast-relay'), words, { encoding: 'utf8' });
    const said = (what: string): string => new RegExp(`^${what} +(\\S+)`, 'm').exec(printed)?.[1] ?? '';
    // Set below: the balancer asks it for the order of the moment.
    let relay: Relay | null = null;
    const balancer = createServer((client) => {
      const next = (left: readonly Copy[]): void => {
        const [first, ...others] = left;
        if (first === undefined) {
          client.destroy();
          return;
        }
        const server = connect(first.port, '127.0.0.1');
        server.setNoDelay(true);
        const failed = (): void => next(others);
        server.once('error', failed);
        server.once('connect', () => {
          server.off('error', failed);
          for (const end of [client, server]) {
            end.on('error', () => undefined);
            end.on('close', () => (end === client ? server : client).destroy());
          }
          client.pipe(server).pipe(client);
        });
      };
      next(relay?.order ?? []);
    });
    const port = await freePort();
    await new Promise<void>((ready) => balancer.listen(port, '127.0.0.1', ready));
    const address = `http://127.0.0.1:${port}`;
    relay = new Relay(home, nats, copies, balancer, address, said('room'), said('key'));
    return relay;
  }

  async end(): Promise<void> {
    this.order = [];
    this.balancer.close();
    for (const copy of this.copies) await copy.end();
    await this.nats.end();
    if (existsSync(this.home)) rmSync(this.home, { recursive: true, force: true });
  }
}
