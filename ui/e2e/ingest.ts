// A real RTMP ingest server (nginx with libnginx-mod-rtmp) that records what it receives.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freePort, freshFolder, listens, Program } from './processes.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

export class Ingest {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly program: Program,
  ) {}

  static async start(): Promise<Ingest> {
    if (!existsSync(MODULE)) throw new Error(`${MODULE} is missing: install libnginx-mod-rtmp`);
    const folder = freshFolder();
    const port = await freePort();
    mkdirSync(join(folder, 'live'));
    const config = join(folder, 'nginx.conf');
    // One process: it ends when it is told to, and leaves nobody behind.
    writeFileSync(
      config,
      `load_module ${MODULE};
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log info;
events { worker_connections 64; }
rtmp { server { listen 127.0.0.1:${port}; chunk_size 4096;
  application live { live on; record all; record_unique on; record_path ${folder}/live; }
} }
`,
    );
    const args = ['-e', join(folder, 'error.log'), '-c', config, '-p', folder];
    const program = new Program('/usr/sbin/nginx', args, join(folder, 'nginx.out'));
    await eventually('nginx listens', async () => {
      if (program.ended) throw new Error(`nginx ended: ${program.said()}`);
      return (await listens(port)) ? true : null;
    });
    return new Ingest(folder, port, program);
  }

  /** Address without a stream key. */
  get url(): string {
    return `rtmp://127.0.0.1:${this.port}/live`;
  }

  /** Streams received so far; every publishing makes a new file. */
  get streams(): string[] {
    return readdirSync(join(this.folder, 'live'));
  }

  get receivedBytes(): number {
    return this.streams.reduce((sum, file) => sum + statSync(join(this.folder, 'live', file)).size, 0);
  }

  async end(): Promise<void> {
    await this.program.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
