// A newer program: offered by the window, on its way into its place, or installed and waiting for the end of the engine.
import type { EngineAddress, Host, OfferedUpdate, UpdateFault } from '../host/host.ts';
import { updateFaultOf } from '../host/host.ts';

const LOOK_EVERY_MS = 12 * 3_600_000;
/** After a look that failed: the line may only have been down. */
const LOOK_AGAIN_MS = 15 * 60_000;

export type NewerWork =
  | { at: 'rest' }
  /** `share`: how much of it is here, 0 to 1; `null` where nobody says how large it is. */
  | { at: 'fetching'; share: number | null }
  | { at: 'installing' }
  | { at: 'ending' };

export class Newer {
  offered: OfferedUpdate | null = $state.raw(null);
  work: NewerWork = $state.raw({ at: 'rest' });
  /** Why the last press led to nothing. */
  fault: UpdateFault | null = $state.raw(null);
  private lookedAt: number | null = null;

  constructor(private readonly host: Host) {}

  /** Looks for a newer version at the start and twice a day, where this window can. One that fails is tried again in a quarter of an hour, and nobody hears of it. */
  async lookWhenDue(engine: EngineAddress | null, now: number): Promise<void> {
    if (engine?.updates !== true || this.host.updates === undefined || this.work.at !== 'rest') return;
    if (this.lookedAt !== null && now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    try {
      this.offered = await this.host.updates.look();
    } catch (refusal) {
      this.lookedAt = now - LOOK_EVERY_MS + LOOK_AGAIN_MS;
      console.warn('newer versions could not be looked for', refusal);
    }
  }

  /** Not now: it is offered again with the next look. */
  later(): void {
    this.offered = null;
    this.fault = null;
  }

  /** Fetches it and puts it in place; when that went well this page is gone soon. */
  async install(): Promise<void> {
    const updates = this.host.updates;
    if (updates === undefined) return;
    await this.do({ at: 'fetching', share: null }, () =>
      updates.install(
        (share) => (this.work = share === 1 ? { at: 'installing' } : { at: 'fetching', share }),
      ),
    );
  }

  /** Stops fetching it; the press for it then ends with a word about that. */
  async stop(): Promise<void> {
    if (this.work.at === 'fetching') await this.host.updates?.stop();
  }

  /** Ends the engine, and begins anew with what is installed. */
  async beginAnew(): Promise<void> {
    const { beginAnew } = this.host;
    if (beginAnew !== undefined) await this.do({ at: 'ending' }, beginAnew);
  }

  private async do(work: NewerWork, deed: () => Promise<void>): Promise<void> {
    if (this.work.at !== 'rest') return;
    this.work = work;
    this.fault = null;
    try {
      await deed();
      this.work = { at: 'ending' };
    } catch (refusal) {
      this.fault = updateFaultOf(refusal);
      this.work = { at: 'rest' };
    }
  }
}
