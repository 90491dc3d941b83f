// Cameras without hardware: a PipeWire session of the test's own, into which they are plugged.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, freshFolder, Program } from './processes.ts';

/** dbus, PipeWire and WirePlumber in folders of their own. */
export class Devices {
  private readonly programs: Program[] = [];

  private constructor(private readonly folder: string) {}

  static async start(): Promise<Devices> {
    const devices = new Devices(freshFolder());
    for (const name of ['run', 'state', 'config']) mkdirSync(join(devices.folder, name));
    chmodSync(join(devices.folder, 'run'), 0o700);
    // Bluetooth's part of the session manager gives up the whole manager where no logind runs, as in a container.
    const bluetooth = join(devices.folder, 'config/wireplumber/bluetooth.lua.d');
    mkdirSync(bluetooth, { recursive: true });
    writeFileSync(join(bluetooth, '80-off.lua'), 'bluez_monitor.enabled = false\n');
    devices.launch('dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${devices.bus}`]);
    await devices.appears('bus');
    devices.launch('pipewire', []);
    await devices.appears('pipewire-0');
    devices.launch('wireplumber', []);
    await eventually('the session manager runs', () =>
      devices.list('Client').includes('WirePlumber') ? true : null,
    );
    return devices;
  }

  private get bus(): string {
    return `unix:path=${join(this.folder, 'run/bus')}`;
  }

  /** What a program needs in its environment to be in this session. */
  get env(): NodeJS.ProcessEnv {
    return {
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      XDG_STATE_HOME: join(this.folder, 'state'),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      PIPEWIRE_RUNTIME_DIR: join(this.folder, 'run'),
      DBUS_SESSION_BUS_ADDRESS: this.bus,
    };
  }

  private launch(name: string, args: string[], log = name): Program {
    const env = { ...process.env, ...this.env };
    delete env['DISPLAY'];
    const program = new Program(name, args, join(this.folder, `${log}.log`), { env });
    this.programs.push(program);
    return program;
  }

  private appears(socket: string): Promise<true> {
    return eventually(socket, () => (existsSync(join(this.folder, 'run', socket)) ? true : null));
  }

  /** What PipeWire has of a kind, in its own words. */
  private list(kind: 'Node' | 'Client'): string {
    try {
      return execFileSync('pw-cli', ['ls', kind], { env: { ...process.env, ...this.env }, encoding: 'utf8' });
    } catch {
      return '';
    }
  }

  /** Whether a device or stream of that name is there. */
  has(node: string): boolean {
    return this.list('Node').includes(`node.name = "${node}"`);
  }

  /** Plugs in a camera of 1280x720 at 30 pictures a second, with a ball that moves. */
  async plugIn(name: string): Promise<void> {
    this.launch(
      'gst-launch-1.0',
      [
        ...['-q', 'videotestsrc', 'is-live=true', 'pattern=ball', '!'],
        ...['video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1', '!'],
        ...['pipewiresink', 'mode=provide'],
        `stream-properties=p,media.class=Video/Source,media.role=Camera,node.name=${name},node.description=${name}`,
      ],
      `camera-${name}`,
    );
    await eventually('the camera is listed', () => (this.has(name) ? true : null));
  }

  /** Ends the last that was begun first, so that nobody loses what it stands on. */
  async end(): Promise<void> {
    for (const program of this.programs.splice(0).reverse()) await program.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
