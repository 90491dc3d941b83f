// What devices and inputs are called: as people say it, not as the system does.
import type { DeviceView } from '../wire/types.ts';

/** An X11 display, such as `:0` or `host:0.1`. */
const DISPLAY = /^[\w.-]*:\d+(?:\.\d+)?$/;

/** The device's own name, or its kind's word where the system has only an address. */
export function deviceName(device: DeviceView, word: string): string {
  const isAddress = device.kind === 'screen' && DISPLAY.test(device.name.trim());
  return device.name.trim() === '' || isAddress ? word : device.name;
}

/** The same in a list: two of one name are told apart by their address. */
export function deviceChoice(device: DeviceView, all: readonly DeviceView[], word: string): string {
  const name = deviceName(device, word);
  const isAlone = all.filter((other) => deviceName(other, word) === name).length < 2;
  return isAlone ? name : `${name} (${device.name})`;
}

/** `Screen`, `Screen 2`, …: the first name that no input has. */
export function freshName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let n = 2;
  while (taken.includes(`${name} ${n}`)) n += 1;
  return `${name} ${n}`;
}
