// The engine as a newcomer starts it: the built program on an empty data folder, so with the demo orchard.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, freshFolder, Program } from './processes.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

interface Running {
  port: number;
  token: string;
  pid: number;
}

function builtEngine(): string {
  return process.env['STALLCAST_BIN'] ?? builtProgram('stallcast');
}

/** A program of the repository, as cargo built it. */
export function builtProgram(name: string): string {
  const target = process.env['CARGO_TARGET_DIR'] ?? join(REPOSITORY, 'target');
  const file = join(target, 'debug', name);
  if (!existsSync(file))
    throw new Error(`${file} is missing: cargo build -p stallcast-engine -p stallcast-relay`);
  return file;
}

/** Nothing of the person's who runs the tests: no keychain, no screen, no settings. */
function ownWorld(home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HOME: home,
    XDG_RUNTIME_DIR: home,
    STALLCAST_NO_KEYCHAIN: '1',
    // Scanning all plugins takes seconds; the result is the same for every engine.
    GST_REGISTRY: join(tmpdir(), 'stallcast-tests-registry.bin'),
  };
  const personal = [
    'DBUS_SESSION_BUS_ADDRESS',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'STALLCAST_DATA',
    'XDG_DATA_HOME',
  ];
  for (const name of personal) delete env[name];
  return env;
}

export class Engine {
  private constructor(
    readonly home: string,
    readonly program: Program,
    private readonly running: Running,
  ) {}

  /** `env`: what else its machine has, for example a PipeWire session. */
  static async start(lang: 'zh-CN' | 'en' = 'zh-CN', env: NodeJS.ProcessEnv = {}): Promise<Engine> {
    const home = freshFolder();
    const data = join(home, 'data');
    const args = ['run', '--data', data, '--port', '0', '--lang', lang];
    const program = new Program(builtEngine(), args, join(home, 'engine.log'), {
      env: { ...ownWorld(home), ...env },
    });
    const running = await eventually('the engine answers', async () => {
      if (program.ended) throw new Error(`the engine ended:\n${program.said()}`);
      try {
        const file = JSON.parse(readFileSync(join(data, 'engine.json'), 'utf8')) as Running;
        const answer = await fetch(`http://127.0.0.1:${file.port}/api/health`);
        return file.pid === program.pid && answer.ok ? file : null;
      } catch {
        return null;
      }
    });
    return new Engine(home, program, running);
  }

  /** Address of the page without the token. */
  get address(): string {
    return `http://127.0.0.1:${this.running.port}/`;
  }

  /** Address that lets the owner in. */
  get ownersAddress(): string {
    return `${this.address}#token=${this.running.token}`;
  }

  get token(): string {
    return this.running.token;
  }

  /** What the engine keeps of phones: the port of their door and each one's secret. */
  get phonesFile(): string {
    return join(this.home, 'data', 'phones.json');
  }

  get keyFile(): string {
    return join(this.home, 'data', 'keys.json');
  }

  async end(): Promise<void> {
    await this.program.end();
    rmSync(this.home, { recursive: true, force: true });
  }
}
