// A show to look at while the page is made: an orchard stall, its team's sources and three platforms.
import { readFileSync } from 'node:fs';
import type {
  CameraControlView,
  CameraMode,
  CameraView,
  PhoneLink,
  PhoneView,
  Product,
  ShowView,
  PicturePartsView,
  ThemesView,
} from '../src/wire/types.ts';

function product(
  id: string,
  zh: string,
  en: string,
  spec: [string, string],
  live: number,
  list: number | null,
  quantity: number | null,
  countdown_s: number | null,
): Product {
  const currency = 'CNY';
  return {
    id,
    title: { zh, en },
    short_title: { zh: '', en: '' },
    photo: id === 'honey' ? null : `${id}.svg`,
    spec: { zh: spec[0], en: spec[1] },
    offer: {
      list_price: list === null ? null : { minor: list, currency },
      live_price: { minor: live, currency },
      quantity,
      countdown_s,
      list_price_evidence: '',
      coupon: null,
      gift: { zh: '', en: '' },
      limit_per_person: null,
      starts: null,
      ends: null,
      bundle: id === 'orange' ? { units: 3, price: { minor: live * 2, currency }, with: [] } : null,
      steps: id === 'pear' ? [{ after_s: 600, price: { minor: live - 200, currency } }] : [],
    },
    gtin: null,
    link: null,
    talking_points: id === 'pear' ? ['皮薄汁多，一咬就流汁', '梨园现摘，48 小时内发货', '坏果拍照就赔'] : [],
    more_photos: [],
    links: {},
    origin: null,
    facts: null,
    cost: id === 'fuji' ? { minor: 1850, currency } : null,
  };
}

export const PRODUCTS: Product[] = [
  product('fuji', '烟台红富士苹果', 'Red Fuji apples', ['5 斤装', '2.5 kg'], 2990, 4990, 200, 180),
  product('pear', '砀山酥梨', 'Dangshan pears', ['10 斤装', '5 kg'], 1990, 3590, 112, 180),
  product('honey', '枣花蜂蜜', 'Jujube honey', ['500 g', '500 g'], 5900, 8800, 36, 300),
  product(
    'orange',
    '赣南脐橙（现摘现发，坏果包赔）',
    'Gannan navel oranges, picked today',
    ['5 斤', '2.5 kg'],
    2580,
    null,
    80,
    null,
  ),
  product('kiwi', '徐香猕猴桃', 'Xuxiang kiwi fruit', ['30 枚', '30 pieces'], 3990, 5990, 9, 120),
  product('walnut', '纸皮核桃', 'Thin-shell walnuts', ['2 斤', '1 kg'], 4550, 6900, null, null),
  product('date', '和田大枣', 'Hotan dates', ['1 斤', '500 g'], 2600, 3900, 0, null),
  product('tea', '龙井明前茶', 'Longjing tea, first flush', ['125 g', '125 g'], 12800, 19800, 45, 600),
];

const FULL = { x: 0, y: 0, width: 10_000, height: 10_000 };
const CORNER = { x: 6800, y: 600, width: 2800, height: 2800 };

export function demoShow(now: number): ShowView {
  return {
    server_now: now,
    seq: 1,
    name: '秋日果园 · 示例直播',
    rundown: PRODUCTS.map((entry, i) => ({
      product: entry.id,
      planned_s: [180, 300, 240, 0, 120, 180, 0, 600][i] ?? 0,
      demonstration: '',
      holder: '',
    })),
    on_air: { product: 'pear', since: now - 49_000 },
    next: null,
    countdown: { product: 'pear', started: now - 29_000, deadline: now + 151_000 },
    stock: { fuji: 187, pear: 112, honey: 36, orange: 80, kiwi: 9, date: 0, tea: 45 },
    oversold: { date: 3 },
    sales: {
      pear: { open: 2, paid: 38, refunded: 1, cancelled: 4 },
      date: { open: 0, paid: 63, refunded: 0, cancelled: 0 },
    },
    sources: {
      cam: { id: 'cam', name: '果园相机', kind: { kind: 'camera', device: null } },
      close: { id: 'close', name: '特写 Close-up', kind: { kind: 'camera', device: 'usb-2' } },
      mic: { id: 'mic', name: '领夹麦 Lapel', kind: { kind: 'microphone', device: null } },
      music: { id: 'music', name: '背景音乐', kind: { kind: 'file', path: '/home/stall/music.mp3' } },
    },
    cameras: {},
    virtual_camera: false,
    scenes: [
      {
        id: 'wide',
        name: { zh: '全景', en: 'Wide' },
        layouts: { landscape: [{ source: 'cam', area: FULL, crop: FULL }] },
      },
      {
        id: 'both',
        name: { zh: '全景加特写', en: 'Wide with close-up' },
        layouts: {
          landscape: [
            { source: 'cam', area: FULL, crop: FULL },
            { source: 'close', area: CORNER, crop: FULL },
          ],
        },
      },
      {
        id: 'close',
        name: { zh: '特写', en: 'Close-up' },
        layouts: { landscape: [{ source: 'close', area: FULL, crop: FULL }] },
      },
      { id: 'pause', name: { zh: '休息一下', en: 'Back soon' }, layouts: { landscape: [] } },
    ],
    scene: 'both',
    auto_layouts: {},
    canvases: 'landscape',
    strips: { mic: { gain_cdb: 0, muted: false }, music: { gain_cdb: -1850, muted: false } },
    sounds: {
      mic: { role: 'speech', delay_ms: 0, noise: 'on' },
      music: { role: 'music', delay_ms: 0, noise: 'off' },
    },
    ducking: { depth_cdb: -1200 },
    isolated: null,
    ticker: { zh: '', en: '' },
    correction: null,
    notes: [],
    pinned: null,
    poll: null,
    lottery: null,
    auction: null,
    logo: null,
    ticker_look: { hidden: false, page_s: 0 },
    markets: [],
    lower_thirds: [
      { id: 'person', name: '王大姐', role: '栖霞果园 第三代果农' },
      { id: 'person-2', name: '小雨', role: '主播' },
    ],
    lower_third: 'person',
    goal: {
      plan: { title: '今晚目标', of: { unit: 'pieces' }, target: 200, count: 'by_hand' },
      done: 75,
      counted: {},
      shown: true,
    },
    destinations: {
      bili: {
        id: 'bili',
        platform: 'bilibili',
        name: 'Bilibili',
        url: 'rtmp://live-push.bilivideo.com/live-bvc',
        enabled: true,
        priority: 'normal',
        canvas: 'landscape',
        codec: 'h264',
      },
      yt: {
        id: 'yt',
        platform: 'youtube',
        name: 'YouTube',
        url: 'rtmps://a.rtmps.youtube.com/live2',
        enabled: true,
        priority: 'normal',
        canvas: 'landscape',
        codec: 'h264',
      },
      twitch: {
        id: 'twitch',
        platform: 'twitch',
        name: 'Twitch',
        url: 'rtmps://ingest.twitch.tv/app',
        enabled: true,
        priority: 'normal',
        canvas: 'landscape',
        codec: 'h264',
      },
      own: {
        id: 'own',
        platform: 'custom',
        name: 'My own server',
        url: 'rtmp://192.168.1.20/live',
        enabled: false,
        priority: 'normal',
        canvas: 'landscape',
        codec: 'h264',
      },
    },
    aired_ms: {},
    phase: { phase: 'rehearsing', since: now - 137_000 },
    recording: true,
    card_look: { theme: null, lang: null, code: false, next_up: false, still: false, colours: {} },
    part_places: {},
    pause: null,
    recording_split: { by: 'gigabytes', gigabytes: 4 },
    video_kbps: null,
    recording_parts: ['2026-11-22_1.mp4'],
    chat_lines: 0,
    moderation: {
      contact: 'hold',
      abuse: 'hold',
      ad: 'hold',
      lure: 'hold',
      flood: 'mark',
      blocked: ['对家'],
      allowed: ['客服微信'],
    },
    panic_until: null,
  };
}

export const PLATFORMS: unknown = JSON.parse(
  readFileSync(new URL('../assets/platforms.json', `file://${process.cwd()}/`), 'utf8'),
);

export const CHAT: [string, string, boolean][] = [
  ['小鱼儿', '多少钱一斤呀？', true],
  ['老张果业', '这个梨看着水灵', false],
  ['Maya', 'Do you ship to Canada?', true],
  ['云淡风轻', '能寄新疆吗？', true],
  ['阿May', '666666', false],
  ['hello_world', 'Greetings from Lisbon 👋', false],
  ['果粉一号', '上次买的苹果特别甜，今天再来两箱，给爸妈也寄一箱，地址还是原来那个', false],
  ['西北狼', '坏果包赔吗', true],
  ['Tariq', 'هل الشحن مجاني؟', true],
  ['橙子味的风', '主播今天好精神', false],
];

/** What people also write: as long as it gets. */
export const LONG_CHAT: [string, string, boolean][] = [
  ['果粉'.repeat(30), '苹果'.repeat(250), false],
  ['x'.repeat(60), `Do you ship ${'very '.repeat(96)}far?`, true],
  ['سارة', 'مرحبا '.repeat(80), false],
];

export const DEVICES: unknown = {
  devices: [
    { id: 'usb-1', name: 'HD Webcam C920', kind: 'camera' },
    { id: 'usb-2', name: 'USB Capture HDMI', kind: 'camera' },
    { id: 'alsa-1', name: 'Lapel microphone', kind: 'microphone' },
    { id: 'screen-1', name: 'eDP-1 1920×1080', kind: 'screen' },
  ],
};

export const CODECS: unknown = {
  codecs: [
    { codec: 'hevc', ability: 'usable', encoder: 'x265enc' },
    { codec: 'av1', ability: 'unusable', encoder: '' },
  ],
};

export const ENCODERS: unknown = {
  encoders: [
    { name: 'vah264enc', hardware: true, works: false, fps: 0, reason: 'media_element_missing' },
    { name: 'x264enc', hardware: false, works: true, fps: 96, reason: '' },
  ],
};

/** What a code looks like; nothing can be read in it. */
function code(size: number): string[] {
  const finder = (x: number, y: number): boolean | null => {
    const [dx, dy] = [Math.min(x, size - 1 - x), Math.min(y, size - 1 - y)];
    if (dx > 7 || dy > 7 || (x > 7 && y > 7)) return null;
    const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3));
    return ring === 3 || ring < 2;
  };
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) =>
      (finder(x, y) ?? (x * 7 + y * 13 + x * y) % 5 < 2) ? '1' : '0',
    ).join(''),
  );
}

export function phoneView(over: PhoneLink): PhoneView {
  const port = { rtmp: 41935, srt: 41936, whip: 41937 }[over];
  const at = (network: string, ip: string) => {
    const server = {
      rtmp: `rtmp://${ip}:${port}/live`,
      srt: `srt://${ip}:${port}`,
      whip: `http://${ip}:${port}/whip`,
    }[over];
    return {
      interface: network,
      ip,
      server,
      qr: code(33),
      larix_qr: over === 'whip' ? null : code(49),
    };
  };
  return {
    over,
    port,
    key: 'tq7bfy2mxr9kd4wnhc3p',
    addresses: [at('wlan0', '192.168.31.7'), at('eth0', '10.0.0.12')],
  };
}

const mode = (width: number, height: number, fps: number, coding: string): CameraMode => ({
  coding,
  width,
  height,
  fps_milli: fps * 1000,
});

/** `bare`: a camera on which nothing can be set. */
export function cameraView(bare: boolean): CameraView {
  const control = (name: string, more: Partial<CameraControlView>): CameraControlView => ({
    name,
    min: 0,
    max: 255,
    step: 1,
    default: 128,
    value: 128,
    auto: null,
    choices: [],
    ...more,
  });
  return {
    modes: [
      mode(1920, 1080, 30, 'mjpeg'),
      mode(1280, 720, 30, 'mjpeg'),
      mode(1280, 720, 10, 'yuyv'),
      mode(640, 480, 30, 'yuyv'),
    ],
    best: mode(1280, 720, 30, 'mjpeg'),
    controls: bare
      ? []
      : [
          control('exposure', { min: 3, max: 2047, value: 250, auto: true }),
          control('white_balance', { min: 2000, max: 6500, step: 10, value: 4600, auto: false }),
          control('focus', { max: 250, step: 5, value: 30, auto: true }),
          control('power_line', {
            max: 2,
            value: 1,
            choices: [
              { value: 0, name: 'off' },
              { value: 1, name: 'hz50' },
              { value: 2, name: 'hz60' },
            ],
          }),
          control('brightness', { value: 128 }),
        ],
    no_controls: bare ? 'none' : '',
  };
}

/** A card with words and a goal's bar, as the engine would tell where they stand. */
export const PARTS: PicturePartsView = {
  waiting: {},
  canvases: {
    landscape: [
      {
        part: 'card',
        x: 400,
        y: 2200,
        width: 2540,
        height: 6200,
        rim: 166,
        size: 100,
        texts: [
          {
            text: 'title',
            words: '烟台红富士苹果',
            most: 100,
            x: 700,
            y: 5300,
            width: 1960,
            height: 930,
          },
          { text: 'spec', words: '5 斤装', most: 200, x: 700, y: 6260, width: 1960, height: 380 },
        ],
      },
      {
        part: 'goal',
        x: 6100,
        y: 500,
        width: 3350,
        height: 1360,
        rim: 0,
        size: 100,
        texts: [{ text: 'goal_title', words: '', most: 24, x: 6230, y: 560, width: 2200, height: 480 }],
      },
    ],
  },
};

/** The themes of the program, and two of a designer's: one that works and one that does not. */
export const THEMES: ThemesView = {
  themes: [
    {
      id: 'clean',
      name: { zh: '清爽', en: 'Clean' },
      own: false,
      colours: { accent: '#e5322d', ground: '#ffffff', text: '#12202e' },
      fault: null,
    },
    {
      id: 'festival',
      name: { zh: '节庆', en: 'Festival' },
      own: false,
      colours: { accent: '#f2c14e', ground: '#b3151b', text: '#fff4d6' },
      fault: null,
    },
    {
      id: 'market',
      name: { zh: '集市', en: 'Market' },
      own: false,
      colours: { accent: '#f03a2a', ground: '#fff7d1', text: '#3a0d05' },
      fault: null,
    },
    {
      id: 'minimal',
      name: { zh: '极简', en: 'Minimal' },
      own: false,
      colours: { accent: '#ffffff', ground: null, text: null },
      fault: null,
    },
    {
      id: 'night',
      name: { zh: '夜场', en: 'Night' },
      own: false,
      colours: { accent: '#4fe3ff', ground: '#1b2352', text: '#ffffff' },
      fault: null,
    },
    {
      id: 'orchard',
      name: { zh: '果园', en: 'Orchard' },
      own: false,
      colours: { accent: '#d9381e', ground: '#fffdf6', text: '#2b2118' },
      fault: null,
    },
    {
      id: 'my-stall',
      name: { zh: 'my-stall', en: 'my-stall' },
      own: true,
      colours: { accent: null, ground: null, text: null },
      fault: { code: 'unknown', file: 'card.svg', element: 'slot-tittle', detail: '' },
    },
  ],
  folder: '/home/anna/.local/share/stallcast/themes',
  usual: 'orchard',
  usual_lang: 'zh',
};
