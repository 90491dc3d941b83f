// A camera's formats and controls in words.
import { decimal } from '../format.ts';
import type { MessageKey } from '../messages/text.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { CameraMode } from '../wire/types.ts';

const CODINGS: Record<string, string> = {
  mjpeg: 'MJPEG',
  yuyv: 'YUYV',
  uyvy: 'UYVY',
  nv12: 'NV12',
  i420: 'I420',
  rgb: 'RGB',
};

/** `1920 × 1080 · 30 · MJPEG`; a rate that the camera does not say is left out. */
export function modeText(mode: CameraMode, lang: Lang): string {
  const fps = mode.fps_milli / 1000;
  const rate = mode.fps_milli === 0 ? '' : ` · ${decimal(fps, lang, Number.isInteger(fps) ? 0 : 2)} fps`;
  return `${mode.width} × ${mode.height}${rate} · ${CODINGS[mode.coding] ?? mode.coding.toUpperCase()}`;
}

export function modeId(mode: CameraMode): string {
  return `${mode.coding}:${mode.width}x${mode.height}@${mode.fps_milli}`;
}

const CONTROLS: Record<string, MessageKey> = {
  exposure: 'camera.exposure',
  white_balance: 'camera.white_balance',
  focus: 'camera.focus',
  gain: 'camera.gain',
  zoom: 'camera.zoom',
  power_line: 'camera.power_line',
  brightness: 'camera.brightness',
};
const CHOICES: Record<string, MessageKey> = {
  off: 'camera.choice_off',
  hz50: 'camera.choice_hz50',
  hz60: 'camera.choice_hz60',
  auto: 'camera.auto',
};
const NO_CONTROLS: Record<string, MessageKey> = {
  none: 'camera.no_controls_none',
  system: 'camera.no_controls_system',
  busy: 'camera.no_controls_busy',
};

export const controlKey = (name: string): MessageKey => CONTROLS[name] ?? 'camera.other_control';
export const choiceKey = (name: string): MessageKey => CHOICES[name] ?? 'camera.other_control';
export const noControlsKey = (code: string): MessageKey => NO_CONTROLS[code] ?? 'camera.no_controls_none';
