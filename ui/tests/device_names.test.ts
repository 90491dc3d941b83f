import { expect, it } from 'vitest';
import { deviceChoice, deviceName, freshName } from '../src/settings/device_names.ts';

const screen = (name: string): { id: string; name: string; kind: string } => ({
  id: name,
  name,
  kind: 'screen',
});

it('a screen that the system knows by its address only is called a screen', () => {
  expect(deviceName(screen(':94'), '屏幕')).toBe('屏幕');
  expect(deviceName(screen(':0.1'), 'Screen')).toBe('Screen');
  expect(deviceName(screen('eDP-1 1920×1080'), 'Screen')).toBe('eDP-1 1920×1080');
  expect(deviceName({ ...screen(':94'), kind: 'camera' }, 'Camera')).toBe(':94');
});

it('two screens are told apart in a list, and inputs by a number', () => {
  const both = [screen(':0'), screen(':1')];
  expect(both.map((one) => deviceChoice(one, both, 'Screen'))).toEqual(['Screen (:0)', 'Screen (:1)']);
  expect(deviceChoice(screen(':0'), [screen(':0')], 'Screen')).toBe('Screen');
  expect(freshName('Screen', ['Camera'])).toBe('Screen');
  expect(freshName('Screen', ['Screen', 'Screen 2'])).toBe('Screen 3');
});
