// The window's bindings for a page in a browser: what they answer is said by whoever looks at the page or tests it. Runs in
// the page itself, so it may use nothing from outside.
import type { EngineAddress, OfferedUpdate, UpdateFault } from '../src/host/host.ts';

export interface Answers {
  engine: EngineAddress;
  offered: OfferedUpdate | null;
  /** The refusal, after half of it has come; `hangs` for none. */
  install: UpdateFault | 'hangs';
}

type Payload = Record<string, { id: number }>;

export function standIn(answers: Answers): void {
  const callbacks = new Map<number, (message: unknown) => void>();
  const calls: string[] = [];
  const hangs = new Promise(() => undefined);
  let stop = (): void => undefined;
  const invoke = (command: string, payload: Payload): Promise<unknown> => {
    calls.push(command);
    if (command === 'engine') return Promise.resolve(answers.engine);
    if (command === 'look_for_update') return Promise.resolve(answers.offered);
    if (command === 'begin_anew') return hangs;
    if (command === 'install_update') {
      const half = { index: 0, message: { bytes: 21_000_000, of: 42_000_000 } };
      callbacks.get(payload['told']?.id ?? 0)?.(half);
      // As the window refuses: with what it says, and no Error.
      if (answers.install !== 'hangs') return Promise.reject(answers.install as unknown as Error);
      return new Promise((_done, refuse) => {
        stop = () => refuse({ code: 'stopped' } as unknown as Error);
      });
    }
    if (command === 'stop_update') return Promise.resolve(stop());
    return Promise.reject(new Error(`no ${command} here`));
  };
  const transformCallback = (callback: (message: unknown) => void): number => {
    callbacks.set(callbacks.size + 1, callback);
    return callbacks.size;
  };
  Object.assign(window, { __TAURI_INTERNALS__: { invoke, transformCallback }, windowCalls: calls });
}
