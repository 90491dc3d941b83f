// The preview's own socket: newest frame wins, the next is asked for only once this one is drawn.
import type { EngineAddress } from '../host/host.ts';
import { retryDelayMs, socketUrl } from './client.ts';
import type { Canvas, ClientMessage } from './types.ts';

/** Magic, sequence number, time stamp. */
const HEADER_BYTES = 16;
const MAGIC = 0x31504353; // "SCP1" read as little-endian

export interface Frame {
  seq: number;
  ptsMs: number;
  jpeg: Uint8Array<ArrayBuffer>;
}

/** `null` when the bytes are no frame. */
export function parseFrame(buffer: ArrayBuffer): Frame | null {
  if (buffer.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== MAGIC) return null;
  return {
    seq: view.getUint32(4, true),
    ptsMs: view.getFloat64(8, true),
    jpeg: new Uint8Array(buffer, HEADER_BYTES),
  };
}

/** Connects until stopped; `draw` resolves when the frame is on the screen. Returns the way to stop it. */
export function watchPreview(
  address: () => Promise<EngineAddress>,
  canvas: Canvas,
  draw: (frame: Frame) => Promise<void>,
): () => void {
  let socket: WebSocket | null = null;
  let stopped = false;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function again(): void {
    socket = null;
    if (!stopped) retry = setTimeout(() => void connect(), retryDelayMs(attempt++, Math.random()));
  }

  async function connect(): Promise<void> {
    let engine: EngineAddress;
    try {
      engine = await address();
    } catch {
      again();
      return;
    }
    if (stopped) return;
    const opened = new WebSocket(socketUrl(engine.base, `/api/preview?canvas=${canvas}`));
    socket = opened;
    opened.binaryType = 'arraybuffer';
    opened.onopen = () => {
      const hello: ClientMessage = {
        type: 'hello',
        token: engine.token,
        lang: document.documentElement.lang,
      };
      opened.send(JSON.stringify(hello));
    };
    opened.onclose = again;
    opened.onmessage = async (event: MessageEvent) => {
      if (!(event.data instanceof ArrayBuffer)) return;
      const frame = parseFrame(event.data);
      if (frame === null) return;
      attempt = 0;
      // A broken picture is skipped, not waited for: the acknowledgement keeps the stream going.
      await draw(frame).catch(() => undefined);
      if (opened.readyState === WebSocket.OPEN) {
        const ack: ClientMessage = { type: 'ack', seq: frame.seq };
        opened.send(JSON.stringify(ack));
      }
    };
  }

  void connect();
  return () => {
    stopped = true;
    clearTimeout(retry);
    socket?.close();
  };
}
