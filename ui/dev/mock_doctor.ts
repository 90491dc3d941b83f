// What the doctor finds on an invented laptop.
import type { DoctorLevel, DoctorLine, DoctorView } from '../src/wire/types.ts';

type Row = [DoctorLine['part'], DoctorLevel, DoctorLine['code'], Record<string, string>?];

const ROWS: Row[] = [
  [
    'system',
    'ok',
    'system_seen',
    {
      system: 'Ubuntu 24.04.1 LTS, Linux 6.8.0',
      processor: 'Intel(R) Core(TM) i5-1240P',
      cores: '16',
      memory: '16.5 GB',
      session_word: 'session_wayland',
      gstreamer: '1.24.2',
    },
  ],
  ['graphics', 'ok', 'gpu_seen', { vendor: 'Intel', driver: 'i915' }],
  ['encoders', 'ok', 'encoder_works', { name: 'vah264enc', codec: 'H.264', by_word: 'by_chip', fps: '212' }],
  [
    'encoders',
    'ok',
    'encoder_works',
    { name: 'x264enc', codec: 'H.264', by_word: 'by_processor', fps: '96' },
  ],
  [
    'encoders',
    'warn',
    'encoder_slow',
    { name: 'x265enc', codec: 'HEVC', by_word: 'by_processor', fps: '21' },
  ],
  ['encoders', 'warn', 'encoder_crashed', { name: 'vah265enc', how: 'signal: 11 (SIGSEGV)' }],
  ['encoders', 'unchecked', 'encoders_absent', { names: 'nvh264enc, qsvh264enc, amfh264enc, v4l2h264enc' }],
  [
    'cameras',
    'ok',
    'camera_works',
    { name: 'Integrated Camera', way: 'v4l2', size: '1280x720', format: 'YUY2', ms: '310' },
  ],
  [
    'cameras',
    'warn',
    'camera_fails',
    { name: 'HD Pro Webcam C920', way: 'v4l2', cause: 'Device or resource busy' },
  ],
  ['microphones', 'warn', 'microphone_silent', { name: 'Built-in Audio', way: 'pulse' }],
  ['screen', 'ok', 'screen_asks'],
  [
    'plugins',
    'warn',
    'plugin_optional_missing',
    { element: 'nicesink', for_word: 'for_webrtc', install: 'sudo apt install gstreamer1.0-nice' },
  ],
  ['ports', 'ok', 'port_ours', { port: '40123', for_word: 'port_studio' }],
  ['ports', 'fault', 'port_blocks', { port: '4455', for_word: 'port_obs', by: 'obs' }],
  ['disk', 'ok', 'disk_fast', { free: '212.4 GB', speed: '480 MB/s' }],
  ['keychain', 'ok', 'keychain_works'],
  ['clock', 'ok', 'clock_synced'],
  ['clock', 'unchecked', 'clock_offset'],
  ['network', 'ok', 'network_up', { count: '1', wireless: '1', ipv4: '✓', ipv6: '–' }],
];

const LIGHT: Record<string, Row> = {
  encoders: ['encoders', 'unchecked', 'encoders_light'],
  disk: ['disk', 'unchecked', 'disk_unmeasured', { free: '212.4 GB' }],
  keychain: ['keychain', 'unchecked', 'keychain_light'],
  cameras: ['cameras', 'unchecked', 'camera_listed', { name: 'Integrated Camera', way: 'v4l2' }],
  microphones: ['microphones', 'unchecked', 'microphone_listed', { name: 'Built-in Audio', way: 'pulse' }],
};

export function doctorView(light: boolean): DoctorView {
  const rows = light
    ? ROWS.flatMap((row, n) => {
        const instead = LIGHT[row[0]];
        if (instead === undefined) return [row];
        return ROWS[n - 1]?.[0] === row[0] ? [] : [instead];
      })
    : ROWS;
  return {
    version: '0.1.0',
    os: 'linux',
    arch: 'x86_64',
    light,
    at: Date.now(),
    took_ms: light ? 2100 : 14_300,
    lines: rows.map(([part, level, code, params = {}]) => ({ part, level, code, params })),
  };
}
