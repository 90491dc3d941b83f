import { describe, expect, it } from 'vitest';
import { updateFaultOf, type Host, type OfferedUpdate } from '../src/host/host.ts';
import { Newer } from '../src/state/newer.svelte.ts';

const HOUR = 3_600_000;
const can = { base: '', token: '', updates: true };
const stop = (): Promise<void> => Promise.resolve();
const live = {
  code: 'not_replaceable',
  message_key: 'error.not_replaceable',
  params: { cause: 'replace_live' },
  retryable: true,
};

function host(updates: Host['updates'], beginAnew?: Host['beginAnew']): Host {
  return {
    kind: 'desktop',
    engine: () => Promise.resolve(can),
    openPrompter: () => Promise.resolve(),
    ...(updates && { updates }),
    ...(beginAnew && { beginAnew }),
  };
}

describe('a newer version', () => {
  it('is looked for at the start and twice a day, where the window can, and nothing more happens by itself', async () => {
    let [looks, installs] = [0, 0];
    const offered: OfferedUpdate = { version: '0.2.0', notes: 'Faster.' };
    const newer = new Newer(
      host({
        look: () => {
          looks += 1;
          return Promise.resolve(offered);
        },
        install: () => {
          installs += 1;
          return Promise.resolve();
        },
        stop,
      }),
    );
    await newer.lookWhenDue(null, 0);
    await newer.lookWhenDue({ ...can, updates: false }, 0);
    expect([looks, newer.offered]).toEqual([0, null]);
    for (const now of [0, 250, HOUR, 11 * HOUR]) await newer.lookWhenDue(can, now);
    expect([looks, newer.offered]).toEqual([1, offered]);
    newer.later();
    expect(newer.offered).toBeNull();
    await newer.lookWhenDue(can, 12 * HOUR);
    expect([looks, installs, newer.offered]).toEqual([2, 0, offered]);
  });

  it('says how far it is, is installed once for two presses, and goes on being offered when the engine refuses', async () => {
    const shares: unknown[] = [];
    let installs = 0;
    const newer = new Newer(
      host({
        look: () => Promise.resolve({ version: '0.2.0', notes: '' }),
        install: (told) => {
          installs += 1;
          for (const share of [null, 0.5, 1]) {
            told(share);
            shares.push({ ...newer.work });
          }
          return Promise.reject({ code: 'refused', error: live } as unknown as Error);
        },
        stop,
      }),
    );
    await newer.lookWhenDue(can, 0);
    await Promise.all([newer.install(), newer.install()]);
    expect(installs).toBe(1);
    expect(shares).toEqual([
      { at: 'fetching', share: null },
      { at: 'fetching', share: 0.5 },
      { at: 'installing' },
    ]);
    expect(newer.fault).toEqual({ code: 'refused', error: live });
    expect([newer.work.at, newer.offered?.version]).toEqual(['rest', '0.2.0']);
  });

  it('is stopped while it is fetched and not afterwards, and is offered again', async () => {
    let [stops, told] = [0, (_share: number | null): void => undefined];
    let refuse = (_refusal: unknown): void => undefined;
    const newer = new Newer(
      host({
        look: () => Promise.resolve({ version: '0.2.0', notes: '' }),
        install: (tell) => {
          told = tell;
          return new Promise((_done, no) => (refuse = no));
        },
        stop: () => {
          stops += 1;
          refuse({ code: 'stopped' });
          return Promise.resolve();
        },
      }),
    );
    await newer.lookWhenDue(can, 0);
    await newer.stop();
    expect(stops).toBe(0);
    const installing = newer.install();
    told(null);
    await newer.stop();
    await installing;
    expect([stops, newer.work.at, newer.fault]).toEqual([1, 'rest', { code: 'stopped' }]);
    expect(newer.offered?.version).toBe('0.2.0');
    void newer.install();
    told(1);
    await newer.stop();
    expect([stops, newer.work.at]).toEqual([1, 'installing']);
  });

  it('nobody can look for is no trouble, and one that is installed begins anew', async () => {
    const newer = new Newer(
      host({ look: () => Promise.reject(new Error('offline')), install: () => Promise.resolve(), stop }, () =>
        Promise.resolve(),
      ),
    );
    await newer.lookWhenDue(can, 0);
    expect([newer.offered, newer.fault]).toEqual([null, null]);
    await newer.beginAnew();
    expect(newer.work.at).toBe('ending');
  });
});

describe('what the window refuses with', () => {
  it('keeps its code and cause, and whatever else comes is not hidden', () => {
    expect(updateFaultOf({ code: 'unsigned', cause: 'x' })).toEqual({ code: 'unsigned', cause: 'x' });
    expect(updateFaultOf({ code: 'of_tomorrow', cause: 'x' })).toEqual({ code: 'not_installed', cause: 'x' });
    expect(updateFaultOf({ code: 'stands_still', seconds: 30 })).toEqual({
      code: 'stands_still',
      seconds: 30,
    });
    const over = { code: 'waits', why: { code: 'over' } };
    expect(updateFaultOf(over)).toEqual(over);
    expect(updateFaultOf('command not found')).toEqual({ code: 'not_installed', cause: 'command not found' });
  });
});
