// A real RTMP ingest server (nginx with libnginx-mod-rtmp) that records what it receives.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
    // Between being found free and being taken, a port may be taken by somebody else; then it is another one's turn.
    for (let more = 4; ; more -= 1) {
      const ingest = await Ingest.listen(await freePort());
      if (typeof ingest !== 'string') return ingest;
      if (more === 0 || !ingest.includes('Address already in use')) throw new Error(`nginx ended: ${ingest}`);
    }
  }

  /** The server on that port, or what it said when it ended. */
  private static async listen(port: number): Promise<Ingest | string> {
    const folder = freshFolder();
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
    const log = join(folder, 'error.log');
    const args = ['-e', log, '-c', config, '-p', folder];
    const program = new Program('/usr/sbin/nginx', args, join(folder, 'nginx.out'));
    await eventually('nginx listens or ends', async () => program.ended || (await listens(port)) || null);
    if (!program.ended) return new Ingest(folder, port, program);
    const said = `${program.said()}${readFileSync(log, 'utf8')}`;
    rmSync(folder, { recursive: true, force: true });
    return said;
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
