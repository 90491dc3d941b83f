// Shows that have ended, for the mock engine: two of an orchard, one of them without a recording.
import { kept } from './mock_keeping.ts';
import type {
  ClipEdges,
  ClipsView,
  ClipView,
  PastShows,
  Product,
  RecapView,
  Request,
} from '../src/wire/types.ts';

const MINUTE = 60_000;
const LAST = Date.UTC(2026, 10, 21, 11, 30);
const BEFORE = Date.UTC(2026, 10, 14, 11, 30);
const QUESTIONS = ['能寄新疆吗？', '多少钱一斤', 'How long do they keep?', '坏果包赔吗', '今天发货吗'];
/** Minutes each product was on, in order; 0 = a moment, by mistake. */
const TURNS = [6, 9, 4, 0, 11, 7, 5, 8, 12, 6];

function recapOf(show: number, catalogue: readonly Product[]): RecapView {
  const began = show === 40 ? LAST : BEFORE;
  const money = (minor: number): Product['offer']['live_price'] => ({ minor, currency: 'CNY' });
  let at = began + MINUTE;
  const segments = TURNS.map((turn, index) => {
    const from = at;
    at += turn === 0 ? 1500 : turn * MINUTE;
    const product = catalogue[index % catalogue.length]?.id ?? 'gone';
    const lines = turn * 14 + index;
    const sales = { open: 0, paid: turn * 2, refunded: index % 4 === 1 ? 1 : 0, cancelled: 0 };
    const segment = { product, from, to: at, chat_lines: lines, questions: Math.round(lines / 6), sales };
    at += 25_000;
    return segment;
  });
  const ended = at + 2 * MINUTE;
  const products = catalogue.slice(0, TURNS.length).map((product, index) => {
    const own = segments.filter((segment) => segment.product === product.id);
    const sum = (of: (segment: (typeof own)[number]) => number): number =>
      own.reduce((total, segment) => total + of(segment), 0);
    return {
      product: product.id,
      title: product.title,
      spec: product.spec,
      link: product.link ?? `https://shop.example/${product.id}`,
      links: {},
      planned_s: index % 3 === 2 ? 0 : 360,
      on_air_ms: sum((segment) => segment.to - segment.from),
      times: own.length,
      chat_lines: sum((segment) => segment.chat_lines),
      questions: sum((segment) => segment.questions),
      pinned: index < 5 ? 1 : 0,
      stock:
        index % 2 === 0
          ? { before: 200, after: 200 - 13 * (index + 1), down: 13 * (index + 1), up: 0 }
          : null,
      sales: index % 2 === 0 ? { open: 1, paid: 11 * (index + 1), refunded: index, cancelled: 2 } : null,
      takings: index % 2 === 0 ? [{ paid: money(32_890 * (index + 1)), refunded: money(2990 * index) }] : [],
      price_before: product.offer.live_price,
      price_after: index === 1 ? money(product.offer.live_price.minor - 300) : product.offer.live_price,
    };
  });
  const minutes = Array.from({ length: Math.ceil((ended - began) / MINUTE) }, (_, minute) => {
    const chat_lines = Math.round(14 + 9 * Math.sin(minute / 4) + ((minute * 7) % 6));
    const paid = Math.max(0, Math.round(3 + 4 * Math.sin(minute / 3)));
    const sales = {
      open: minute % 9 === 0 ? 1 : 0,
      paid,
      refunded: minute % 11 === 5 ? 2 : 0,
      cancelled: minute % 23 === 7 ? 3 : 0,
    };
    const takings = paid === 0 ? [] : [{ paid: money(2990 * paid), refunded: money(2990 * sales.refunded) }];
    return { chat_lines, questions: Math.round(chat_lines / 6), sales, takings };
  });
  const pinned = QUESTIONS.map((text, index) => ({
    at: began + (8 + index * 13) * MINUTE,
    until: began + (10 + index * 13) * MINUTE,
    text,
    answer: index === 0 ? '48 小时内发货，偏远地区多一天。' : '',
    product: segments[index]?.product ?? null,
  }));
  const second = products[1];
  const counted = (of: 'chat_lines' | 'questions'): number =>
    minutes.reduce((total, minute) => total + minute[of], 0);
  const totals = {
    began,
    length_ms: ended - began,
    products: products.length,
    chat_lines: counted('chat_lines'),
    questions: counted('questions'),
    pinned: pinned.length,
    answered: pinned.filter((one) => one.answer !== '').length,
    stock_down: products.reduce((total, product) => total + (product.stock?.down ?? 0), 0),
    sales: { open: 4, paid: 176, refunded: 12, cancelled: 8 },
    takings: [{ paid: money(526_240), refunded: money(35_880) }],
  };
  const recorded = show === 40;
  const part = (file: string, canvas: 'landscape' | 'portrait', from: number, length: number | null) => ({
    file,
    canvas,
    at: began + from * MINUTE,
    length_ms: length === null ? null : length * MINUTE,
    bytes: length === null ? null : length * 19_000_000,
  });
  const recordings = recorded
    ? [
        part('20261121-113000-01.mp4', 'landscape', 0, 40),
        part('20261121-113000-01-portrait.mp4', 'portrait', 0, 40),
        part('20261121-121000-02.mp4', 'landscape', 40, 32),
        part('20261121-121000-02-portrait.mp4', 'portrait', 40, null),
      ]
    : [];
  return {
    show,
    folder: '/home/li/.local/share/stallcast/recordings',
    totals,
    before: recorded
      ? {
          ...totals,
          began: BEFORE,
          chat_lines: totals.chat_lines - 210,
          questions: totals.questions + 12,
          stock_down: null,
          sales: { open: 2, paid: 151, refunded: 9, cancelled: 5 },
          takings: [{ paid: money(451_490), refunded: money(26_910) }],
        }
      : null,
    recordings,
    recap: {
      name: '秋日果园专场',
      kind: 'live',
      began,
      ended,
      segments,
      products,
      pinned,
      prices:
        second === undefined
          ? []
          : [
              {
                at: began + 12 * MINUTE,
                product: second.product,
                from: second.price_before,
                to: second.price_after,
                cause: 'edited',
              },
            ],
      corrections:
        second === undefined
          ? []
          : [
              {
                kind: 'price',
                product: second.product,
                text: {
                  zh: '更正：刚才说的 19.9 元不对，现价 16.9 元',
                  en: 'Correction: the price is 16.90, not 19.90',
                },
                live_price: second.price_after,
                since: began + 13 * MINUTE,
                until: began + 14 * MINUTE,
              },
            ],
      games: [
        {
          from: began + 300_000,
          to: began + 360_000,
          play: {
            game: 'poll',
            question: '今晚加一场福利，大家最想要哪一款？',
            answers: [
              { label: '红富士苹果', people: 1204 },
              { label: '酥梨', people: 988 },
            ],
          },
        },
        {
          from: began + 600_000,
          to: began + 670_000,
          play: {
            game: 'lottery',
            prize: '烟台红富士苹果一箱',
            value: { minor: 2990, currency: 'CNY' },
            entrants: 1342,
            winners: ['twitch\tFang Lihua', 'web\t小雨', 'web\t李小明'],
            reason: '',
          },
        },
        {
          from: began + 900_000,
          to: began + 1_080_000,
          play: {
            game: 'auction',
            title: '头茬老树普洱茶饼',
            product: null,
            start: { minor: 9900, currency: 'CNY' },
            outcome: { outcome: 'sold', to: '\t电话里的王姐', price: { minor: 24_000, currency: 'CNY' } },
            bids: 4,
            bidders: 4,
            struck: 1,
          },
        },
      ],
      incidents: [
        {
          kind: 'destination',
          id: 'd1',
          name: 'Bilibili',
          code: 'unreachable',
          from: began + 18 * MINUTE,
          to: began + 18 * MINUTE + 9_000,
          kbps: null,
          dropped: 240,
        },
        {
          kind: 'bitrate',
          id: 'd1',
          name: 'Bilibili',
          code: '',
          from: began + 31 * MINUTE,
          to: null,
          kbps: 900,
          dropped: null,
        },
        {
          kind: 'input',
          id: 's1',
          name: '主机位',
          code: 'device_missing',
          from: began + 44 * MINUTE,
          to: began + 45 * MINUTE + 20_000,
          kbps: null,
          dropped: null,
        },
      ],
      drops: [18, 19, 31, 32, 33, 47, 58].map((minute) => ({
        destination: 'd1',
        name: 'Bilibili',
        minute,
        pictures: 30 + ((minute * 37) % 210),
      })),
      parts: recordings.map(({ file, at, canvas }) => ({ file, at, canvas })),
      minutes,
      taken_back: 3,
      acts: [
        {
          at: began + 22 * 60_000,
          by: '小李',
          act: {
            kind: 'delete',
            message: 'twitch:m1',
            author: 'spam_77',
            text: '加我微信领券',
            seconds: null,
            outcomes: [{ platform: 'twitch_token', connection: 'twitch', became: 'done', why: '' }],
          },
        },
        {
          at: began + 31 * 60_000,
          by: 'Ana',
          act: {
            kind: 'slow_mode',
            message: null,
            author: '',
            text: '',
            seconds: 30,
            outcomes: [
              { platform: 'twitch_token', connection: 'twitch', became: 'failed', why: 'not_allowed' },
              { platform: 'youtube', connection: 'youtube', became: 'not_supported', why: '' },
            ],
          },
        },
      ],
    },
  };
}

/** Work that goes on by one clip with every look. */
const works = new Map<string, { view: ClipsView }>();

function clipsOf(world: string, view: RecapView, edges: ClipEdges = 'keyframe'): ClipsView {
  const known = works.get(`${world} ${view.show} ${edges}`);
  if (known !== undefined) return known.view;
  const canvases = [...new Set(view.recordings.map((part) => part.canvas))];
  const clips = view.recap.segments.flatMap((segment, index) =>
    canvases.map((canvas): ClipView => {
      const long = segment.to - segment.from;
      const late = canvas === 'portrait' && segment.from > view.recap.began + 40 * MINUTE;
      return {
        segment: index,
        product: segment.product,
        canvas,
        state: long < 3000 ? 'too_short' : late ? 'not_recorded' : 'waiting',
        files: [],
        cover: null,
        length_ms: long,
        lead_ms: null,
        missing_ms: late ? long : index === 1 ? 42_000 : 0,
        bytes: 0,
        error: '',
      };
    }),
  );
  const begun = { show: view.show, edges, folder: 'clips/20261121-113000', running: false, clips };
  works.set(`${world} ${view.show} ${edges}`, { view: begun });
  return begun;
}

function step(view: ClipsView): ClipsView {
  if (!view.running) return view;
  const next = view.clips.findIndex((clip) => clip.state === 'working');
  const after = view.clips.findIndex((clip) => clip.state === 'waiting');
  const clips = view.clips.map((clip, index): ClipView => {
    if (index === next) {
      const failed = clip.segment === 2 && clip.canvas === 'portrait';
      return failed
        ? { ...clip, state: 'failed', error: 'part_unreadable' }
        : {
            ...clip,
            state: 'made',
            lead_ms: view.edges === 'exact' ? 0 : 1300,
            files: [`${view.folder}/${clip.segment + 1}.mp4`],
            bytes: clip.length_ms * 320,
          };
    }
    return index === after ? { ...clip, state: 'working' } : clip;
  });
  return {
    ...view,
    clips,
    running: clips.some((clip) => clip.state === 'waiting' || clip.state === 'working'),
  };
}

/** The answer to what is asked of earlier shows; `undefined` for everything else. */
export function after(world: string, request: Request, catalogue: readonly Product[]): unknown {
  switch (request.ask) {
    case 'past_shows': {
      const show = (number: number, began: number, parts: number): PastShows['shows'][number] => ({
        show: number,
        name: '秋日果园专场',
        kind: 'live',
        began,
        ended: began + 72 * MINUTE,
        parts,
      });
      return { shows: world.includes('empty') ? [] : [show(40, LAST, 4), show(7, BEFORE, 0)] };
    }
    case 'recap':
      return recapOf(request.show, catalogue);
    case 'clips': {
      const view = step(clipsOf(world, recapOf(request.show, catalogue), request.edges));
      works.set(`${world} ${request.show} ${request.edges ?? 'keyframe'}`, { view });
      return view;
    }
    case 'make_clips': {
      const begun = clipsOf(world, recapOf(request.show, catalogue), request.edges);
      const clips = begun.clips.map((clip) =>
        clip.state === 'failed' ? { ...clip, state: 'waiting' as const, error: '' } : clip,
      );
      const view = { ...begun, clips, running: true };
      works.set(`${world} ${request.show} ${request.edges ?? 'keyframe'}`, { view });
      return view;
    }
    case 'stop_clips':
      for (const work of works.values()) work.view = { ...work.view, running: false };
      return null;
    case 'save_recap':
      return { file: `clips/20261121-113000/recap.${request.format}` };
    case 'show_in_folder':
      return false;
    default:
      return kept(world, request);
  }
}
