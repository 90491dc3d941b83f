// How the mock studio begins: what each word of the address adds to the demo show, and which chats are connected.
import type { Bid, Money, ShowView, StatusView } from '../src/wire/types.ts';
import { demoShow } from './demo.ts';

type Has = (word: string) => boolean;

/** Chats with what they can do, and what they may use. */
const LINKED: StatusView['chat'] = [
  {
    id: 't',
    kind: 'twitch_token',
    target: '#orchardlive',
    run: { state: 'live' },
    lines: 812,
    dropped: 0,
    error: '',
    able: ['reply', 'delete', 'time_out', 'ban', 'pardon', 'pin', 'unpin', 'slow_mode'],
    quota: null,
    polls: false,
  },
  {
    id: 'y',
    kind: 'youtube',
    target: 'dQw4w9WgXcQ',
    run: { state: 'live' },
    lines: 97,
    dropped: 0,
    error: '',
    able: [],
    quota: { used: 8210, of: 10_000, since: Date.now() - 3_600_000 },
    polls: true,
  },
  {
    id: 'b',
    kind: 'bilibili',
    target: '1650000000000',
    run: { state: 'stopped' },
    lines: 0,
    dropped: 0,
    error: 'token_refused',
    able: [],
    quota: null,
    polls: false,
  },
];

/** What comes over a relay. */
const RELAYED: StatusView['chat'] = [
  {
    id: 'relay',
    kind: 'relay',
    target: 'relay.orchard.example',
    run: { state: 'live' },
    lines: 1_204,
    dropped: 0,
    error: '',
    able: [],
    quota: null,
    polls: false,
  },
  {
    id: 'kick',
    kind: 'kick',
    target: 'orchard-live',
    run: { state: 'live' },
    lines: 311,
    dropped: 0,
    error: 'renewal_refused',
    able: ['reply', 'delete', 'time_out', 'ban', 'pardon'],
    quota: null,
    polls: false,
  },
  {
    id: 'douyin',
    kind: 'douyin',
    target: '',
    run: { state: 'live' },
    lines: 0,
    dropped: 0,
    error: 'unsigned',
    able: [],
    quota: null,
    polls: false,
  },
];

/** The demo show with what the address asks for. */
export function showOf(has: Has, now: number): ShowView {
  const show = demoShow(now);
  if (has('panic')) show.panic_until = now + 522_000;
  if (has('idle')) show.phase = { phase: 'idle' };
  if (has('live')) show.phase = { phase: 'live', since: now - 2_537_000 };
  if (has('both')) {
    show.canvases = 'both';
    const twitch = show.destinations['twitch'];
    if (twitch !== undefined) twitch.canvas = 'portrait';
  }
  if (has('inputs')) {
    show.sources['phone'] = { id: 'phone', name: '手机', kind: { kind: 'phone', over: 'rtmp' } };
    show.sources['usb'] = {
      id: 'usb',
      name: 'HD Webcam C920',
      kind: { kind: 'camera', device: 'usb-1' },
    };
    show.virtual_camera = true;
  }
  if (has('quiet')) {
    show.on_air = null;
    show.countdown = null;
  }
  if (has('empty')) {
    Object.assign(show, {
      rundown: [],
      on_air: null,
      countdown: null,
      stock: {},
      destinations: {},
      sources: {},
      scenes: [],
      strips: {},
    });
  }
  if (has('reconly')) {
    for (const destination of Object.values(show.destinations))
      if (destination !== undefined) destination.enabled = false;
  }
  if (has('notes'))
    show.notes = [
      { id: 'a', text: '讲一下新疆的邮费', by: '小李', at: Date.now() - 95_000 },
      { id: 'b', text: 'Two minutes left, then the pears', by: 'Ana', at: Date.now() - 12_000 },
    ];
  if (has('pinned')) {
    show.pinned = {
      message: 'sim:2',
      author: 'Maya',
      text: 'Do you ship to Canada?',
      answer: 'Yes, in six days, customs included.',
      since: now,
    };
  }
  if (has('poll')) {
    const keywords = ['1'];
    const labels = ['红富士苹果', '酥梨', '阳山水蜜桃', '冰糖心苹果五斤装', '核桃', '蜂蜜'];
    show.poll = {
      terms: {
        question: '今晚加一场福利，大家最想要哪一款？',
        options: labels.map((label) => ({ label, keywords })),
        counting: 'last',
        since: now,
        until: now + 48_000,
        rehearsed: true,
      },
      counts: [1204, 988, 402, 77, 12, 0],
      turned_away: 310,
      closed: null,
    };
  }
  if (has('auction')) {
    const yuan = (whole: number): Money => ({ minor: whole * 100, currency: 'CNY' });
    const bid = (number: number, who: string, whole: number, counts: boolean, reason = ''): Bid => ({
      number,
      who,
      minor: whole * 100,
      at: now - 60_000 + number * 9_000,
      counts,
      struck: reason === '' ? null : { at: now, reason },
    });
    const sold = has('sold');
    show.auction = {
      terms: {
        product: null,
        title: '头茬老树普洱茶饼，手工石磨',
        start: yuan(99),
        step: yuan(10),
        reserve: yuan(200),
        buy_now: yuan(999),
        seconds: 180,
        soft_s: 20,
      },
      rehearsed: false,
      since: now - 60_000,
      ends: now + (sold ? -1_000 : 48_000),
      price: yuan(240),
      lead: 5,
      least: yuan(250),
      reserve_met: true,
      bids: [
        bid(6, 'web\t小雨', 245, false),
        bid(5, '\t电话里的王姐', 240, true),
        bid(4, 'twitch\tFang Lihua', 888, false, '不是真心出价'),
        bid(3, 'web\t小雨', 200, true),
        bid(2, 'twitch\tFang Lihua', 120, true),
        bid(1, 'web\t李小明', 100, true),
      ],
      counted: 4,
      bidders: 4,
      turned_away: 0,
      result: sold
        ? {
            at: now,
            outcome: 'sold',
            to: '\t电话里的王姐',
            price: yuan(240),
            bids: 4,
            bidders: 4,
            early: false,
          }
        : null,
    };
  }
  if (has('lottery')) {
    const hash = '0123456789abcdef'.repeat(4);
    show.lottery = {
      terms: {
        prize: '烟台红富士苹果一箱',
        value: { minor: 2990, currency: 'CNY' },
        winners: 3,
        keyword: '抽奖',
        seconds: 60,
        reason: '',
      },
      rehearsed: false,
      since: now - 70_000,
      until: now - 10_000,
      commitment: hash,
      entrants: 1342,
      turned_away: 0,
      closed: { at: now - 9_600, entrants: 1342, entrants_hash: hash },
      drawn: { at: now, seed: hash, winners: ['twitch\tFang Lihua', 'web\t小雨', 'web\t李小明'] },
    };
  }
  return show;
}

/** The chats that are connected. */
export function chatsOf(has: Has): StatusView['chat'] {
  return has('empty')
    ? []
    : [
        {
          id: 'simulated',
          kind: 'simulated',
          target: '',
          run: { state: 'live' },
          lines: 0,
          dropped: 0,
          error: '',
          able: [],
          quota: null,
          polls: false,
        },
        ...(has('platforms') ? LINKED : []),
        ...(has('relay') ? RELAYED : []),
      ];
}
