// What the rules of selling would find in the show to look at: one forbidden word, and struck prices without evidence.
import type { FindingsView, FindingView } from '../src/wire/types.ts';

export type Reasons = Record<string, string>;

const EMPTY: FindingsView = { products: {}, ticker: [], rules: {}, unchecked: 0 };

function struck(found: string): FindingView {
  return {
    rule: 'cn.struck_without_evidence',
    level: 'warn',
    place: 'price',
    found,
    params: { list: found },
    overridden: null,
  };
}

/** With `rules` in the scenario; `reasons` by the words that they were given for. */
export function findingsOf(shown: boolean, reasons: Reasons, now: number): FindingsView {
  if (!shown) return EMPTY;
  const word = (found: string): FindingView => {
    const reason = reasons[found];
    return {
      rule: 'cn.absolute_terms',
      level: 'forbidden',
      place: 'talking_point',
      found,
      params: {},
      overridden:
        reason === undefined ? null : { rule: 'cn.absolute_terms', found, reason, at: now - 60_000 },
    };
  };
  return {
    products: {
      fuji: [struck('49.9 CNY')],
      honey: [word('国家级'), word('最高级'), struck('88 CNY')],
    },
    ticker: [],
    rules: {
      'cn.absolute_terms': {
        name: { zh: '绝对化用语', en: 'Absolute terms' },
        law: { zh: '中华人民共和国广告法', en: 'Advertising Law of the PRC' },
        article: '9(3)',
        is_read: true,
        explains: {
          zh: '广告法第九条第三项不许用“国家级、最高级、最佳”这类话。跟自家别的款比、讲食用方法、产品标准分级不在此列。',
          en: 'Article 9(3) forbids “national level”, “highest level”, “best” and their like in advertising.',
        },
        instead: {
          zh: '换成看得见的事实：单果多重、甜度多少度、今天几点摘的。',
          en: 'Say what can be seen or measured: weight of a fruit, sugar content, picked at what hour.',
        },
      },
      'cn.struck_without_evidence': {
        name: { zh: '划线价没有依据', en: 'Struck price without evidence' },
        law: {
          zh: '明码标价和禁止价格欺诈规定',
          en: 'Provisions on marked prices and against price fraud',
        },
        article: '16, 17',
        is_read: false,
        explains: {
          zh: '划线价要说得出从哪来。说不清的，只能拿促销前七日内同一店里的最低成交价来比。',
          en: 'A struck price needs a source. Without one only the lowest deal of the seven days before counts.',
        },
        instead: {
          zh: '在“划线价依据”里写上：哪天、哪家店、多少钱成交；没有就不要划线价。',
          en: 'Write down day, shop and price of the deal as evidence, or leave the struck price out.',
        },
      },
    },
    unchecked: 0,
  };
}
