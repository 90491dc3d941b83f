// The audience of the stand-in: what it asks, what is held of it, and how lively it is.
import type {
  ChatLine,
  HeatView,
  HeldView,
  Hide,
  QuestionLinesView,
  QuestionsView,
  QuestionView,
} from '../src/wire/types.ts';

type Asked = [
  text: string,
  author: string,
  askers: number,
  waits_s: number,
  product: string | null,
  answer: [fact: string, text: string] | null,
];

const ASKED: Asked[] = [
  ['多少钱一斤呀？', '小鱼儿', 37, 95, 'apple', ['price', '¥29.9']],
  ['能寄新疆吗？', '云淡风轻', 12, 240, 'apple', ['shipping', '顺丰包邮，新疆西藏加 10 元，48 小时内发货']],
  ['3号链接几斤装', '西北狼', 6, 61, 'honey', ['spec', '500 克一瓶']],
  ['Do you ship to Canada?', 'Maya', 4, 180, null, null],
  ['هل الشحن مجاني؟', 'Tariq', 1, 20, null, null],
  [
    '上次买的苹果特别甜，今天再来两箱，给爸妈也寄一箱，地址还是原来那个，可以一起发吗，运费怎么算，能不能开发票？',
    '果粉一号',
    1,
    33,
    null,
    null,
  ],
  ['隔壁家的芒果多少钱', '路人甲', 1, 50, null, null],
];

/** What a flood is made of. */
const FLOOD = [
  ['lure', '免费领iPhone点主页', '免费领 + 点'],
  ['contact', 'ｗｗｗ．ｆａｋｅ．ｃｏｍ 点进去领红包', 'www.fake.com.进去领红包'],
  ['abuse', 'nmsl', 'nmsl'],
  ['flood', 'a'.repeat(400), 'a×400'],
] as const;
/** Asked once, some time ago. */
const SINGLES = Array.from({ length: 25 }, (_, i): Asked => [
  `主播你几点下播呀，第 ${i + 1} 次来`,
  `看客${i}`,
  1,
  200 + i,
  null,
  null,
]);

export class MockQuestions {
  private list: QuestionView[];
  held: HeldView;

  /** `me` is whoever looks, where there is a team: one question is theirs. */
  constructor(now: number, products: readonly string[], empty: boolean, me: string | null, crowded = false) {
    this.list = (empty ? [] : crowded ? [...ASKED, ...SINGLES] : ASKED).map(
      ([text, author, askers, waits, product, answer], i) => {
        const known = product === null ? null : (products[product === 'apple' ? 0 : 2] ?? null);
        return {
          id: i + 1,
          text,
          message: `sim:q${i}`,
          author,
          askers,
          lines: askers + 2,
          since: now - waits * 1000,
          last: now - 1000,
          product: known,
          state: i === 6 ? 'hidden' : i === 5 ? 'answered' : 'open',
          claim:
            me !== null && (i === 1 || i === 2) ? { by: i === 1 ? '王芳' : me, since: now - 40_000 } : null,
          hidden: i === 6 ? { hide: { why: 'other', words: '问的是别家的货' }, by: '小李' } : null,
          answer:
            answer === null || known === null ? null : { fact: answer[0], text: answer[1], product: known },
        };
      },
    );
    const held = (id: number, author: string, text: string, found: string): HeldView['lines'][number] => ({
      line: { id: `sim:h${id}`, platform: 'twitch', author, text, at: now - id * 1000, question: false },
      why: id === 1 ? 'contact' : 'lure',
      found,
    });
    const lines = [
      held(1, '客服-丽丽', '加薇❤信 abc_1234 便宜一半', '微信 abc_1234'),
      held(
        2,
        'FreeGifts',
        'congrats you have won, claim your prize at w w w . prize . top',
        'claim your prize',
      ),
    ];
    const hidden: HeldView['hidden'] = [
      {
        line: held(3, '果园邻居', '我家也有，私我', '').line,
        hidden: { hide: { why: 'spam', words: '' }, by: '王芳' },
      },
    ];
    if (crowded) {
      for (let id = 4; id < 102; id += 1) {
        const [why, text, found] = FLOOD[(id % 4) as 0 | 1 | 2 | 3];
        lines.push({ ...held(id, `b${id}9770`, text, found), why });
      }
    }
    this.held = empty
      ? { lines: [], waiting: 0, hidden: [] }
      : { lines, waiting: crowded ? 2000 : lines.length, hidden };
  }

  view(): QuestionsView {
    const open = this.list.filter((question) => question.state === 'open');
    return {
      questions: [...open, ...this.list.filter((question) => question.state !== 'open')],
      open: open.length,
    };
  }

  lines(id: number): QuestionLinesView {
    const question = this.list.find((known) => known.id === id);
    if (question === undefined) return { lines: [] };
    const say = (text: string, i: number): QuestionLinesView['lines'][number] => ({
      message: `${question.message}:${i}`,
      author: ['小雨', '阿芳', question.author][i] ?? '',
      platform: i === 1 ? 'twitch' : 'web',
      text,
      at: question.since + i * 1000,
    });
    return { lines: [question.text, '咋卖的', '價格？'].map(say) };
  }

  mark(id: number, state: QuestionView['state'], hide: Hide | undefined, by: string): void {
    const hidden = hide === undefined ? null : { hide, by };
    this.list = this.list.map((question) =>
      question.id === id ? { ...question, state, hidden, claim: null } : question,
    );
  }

  merge(into: number, other: number): void {
    const gone = this.list.find((question) => question.id === other);
    this.list = this.list
      .filter((question) => question.id !== other)
      .map((question) =>
        question.id === into
          ? { ...question, askers: question.askers + (gone?.askers ?? 0), lines: question.lines + 1 }
          : question,
      );
  }

  free(messages: readonly string[]): void {
    const lines = this.held.lines.filter(({ line }) => !messages.includes(line.id));
    this.held = { ...this.held, lines, waiting: lines.length };
  }

  claim(id: number, by: string | null, now: number): void {
    const claim = by === null ? null : { by, since: now };
    this.list = this.list.map((question) => (question.id === id ? { ...question, claim } : question));
  }

  hide(line: ChatLine, hide: Hide, by: string): void {
    this.held = { ...this.held, hidden: [{ line, hidden: { hide, by } }, ...this.held.hidden] };
  }

  show(messages: readonly string[]): void {
    const hidden = this.held.hidden.filter(({ line }) => !messages.includes(line.id));
    this.held = { ...this.held, hidden };
  }
}

export function heatOfMock(now: number, empty: boolean): HeatView {
  const values = Array.from({ length: empty ? 1 : 150 }, (_, i) => {
    const lines = empty ? 0 : Math.round(24 + 14 * Math.sin(i / 9) + ((i * 7) % 9) + (i > 110 ? 30 : 0));
    return { lines, complaints: i > 100 && i < 125 ? Math.round(lines / 4) : (i * 3) % 3 };
  });
  return { since: now - values.length * 10_000, step_s: 10, values };
}
