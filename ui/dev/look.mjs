// Takes pictures of the page in many sizes, languages and themes, to be looked at: `npm run look [filter]`.
// Needs a Chromium (CHROMIUM=/path) and writes to tests/out/look.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const OUT = new URL('../../tests/out/look/', import.meta.url).pathname;
/** What a window's page is told of newer versions. */
const WINDOW = {
  offered: {
    version: '0.2.0',
    notes:
      '- A card comes one frame sooner after its press.\n- 商品卡片比按下早一帧出现。\n- Kick is read without a relay.',
  },
  install: 'hangs',
};
const TOO_BUSY = {
  code: 'refused',
  error: {
    code: 'not_replaceable',
    message_key: 'error.not_replaceable',
    params: { cause: 'replace_clips' },
    retryable: true,
  },
};
const SIZES = {
  720: [1280, 720],
  1080: [1920, 1080],
  phone: [390, 844],
  portrait: [720, 1280],
  tablet: [820, 1180],
};

/** name, token, size, language, theme, what to do first */
const SHOTS = [
  ['newer-offered', 'dev', '720', 'zh-CN', 'dark', { seen: true, window: WINDOW, click: '有什么变化' }],
  ['newer-offered', 'dev', 'portrait', 'en', 'light', { seen: true, window: WINDOW, click: 'What is new' }],
  [
    'newer-fetching',
    'dev',
    '720',
    'en',
    'dark',
    { seen: true, window: WINDOW, click: 'Install and begin anew' },
  ],
  [
    'newer-busy',
    'dev',
    '720',
    'zh-CN',
    'light',
    { seen: true, window: { ...WINDOW, install: TOO_BUSY }, click: '安装并重新启动' },
  ],
  ['newer-waits', 'dev-newer', '720', 'en', 'sunlight', { seen: true, window: { ...WINDOW, offered: null } }],
  ['newer-waits', 'dev-live-newer', '720', 'zh-CN', 'dark', { seen: true }],
  ['newer-waits', 'dev-newer', 'phone', 'zh-CN', 'light', { seen: true }],
  ['newer-waits', 'dev-idle-newer', 'portrait', 'en', 'dark', { page: 'look' }],
  ['rehearsal', 'dev', '720', 'zh-CN', 'dark'],
  ['rehearsal', 'dev', '720', 'en', 'light'],
  ['team', 'dev-team', '720', 'zh-CN', 'dark', { page: 'team' }],
  ['team', 'dev-team', 'phone', 'en', 'light', { page: 'team' }],
  ['team-moderator', 'dev-live-moderator', 'phone', 'zh-CN', 'dark', { seen: true }],
  ['team-producer', 'dev-live-producer', 'phone', 'en', 'light', { seen: true }],
  ['team-viewer', 'dev-live-viewer', 'phone', 'zh-CN', 'sunlight', { seen: true }],
  ['flood', 'dev-live-moderator', 'phone', 'zh-CN', 'light', { seen: true, tab: 2 }],
  ['flood', 'dev-viewer-live', '720', 'en', 'dark', { seen: true, side: 'chat' }],
  ['teamwork', 'dev-team', '720', 'en', 'light', { seen: true, side: 'questions' }],
  ['teamwork', 'dev-team', '720', 'zh-CN', 'dark', { seen: true, side: 'questions', after: /^多少钱一斤呀/ }],
  ['teamwork', 'dev-live-moderator', 'phone', 'en', 'sunlight', { seen: true, after: /^多少钱一斤呀/ }],
  ['teamwork', 'dev-live-producer', 'phone', 'zh-CN', 'dark', { seen: true, tab: 2, after: /^能寄新疆吗/ }],
  [
    'teamwork-hide',
    'dev-live-moderator',
    'phone',
    'zh-CN',
    'light',
    { seen: true, tab: 2, after: /^隐藏：/ },
  ],
  ['teamwork-hide', 'dev', '720', 'en', 'dark', { seen: true, side: 'chat', after: /^Hide: / }],
  [
    'teamwork-hidden',
    'dev-team',
    '720',
    'en',
    'dark',
    { seen: true, side: 'questions', after: /^Hidden lines/ },
  ],
  ['teamwork-hidden', 'dev-live-moderator', 'phone', 'zh-CN', 'dark', { seen: true, after: /^隐藏的弹幕/ }],
  ['teamwork-rules', 'dev-live-moderator', 'phone', 'zh-CN', 'dark', { page: 'chat' }],
  ['teamwork-rules', 'dev-live-moderator', '720', 'en', 'light', { page: 'chat' }],
  ['rehearsal-seen', 'dev-pinned', '720', 'en', 'dark', { seen: true }],
  ['live', 'dev-live', '1080', 'zh-CN', 'dark', { seen: true }],
  ['live', 'dev-live', '1080', 'en', 'sunlight', { seen: true }],
  ['trouble', 'dev-live-trouble', '720', 'en', 'dark', { seen: true }],
  ['trouble', 'dev-live-trouble', '720', 'zh-CN', 'sunlight', { seen: true, side: 'questions' }],
  ['nobody', 'dev-live-down', '720', 'zh-CN', 'dark', { seen: true }],
  ['nobody', 'dev-live-down', '720', 'en', 'light', { seen: true }],
  ['nobody', 'dev-live-down', '720', 'en', 'sunlight', { seen: true }],
  ['nobody', 'dev-live-down', 'portrait', 'zh-CN', 'light', { seen: true }],
  ['nobody', 'dev-live-down', 'phone', 'en', 'dark', { seen: true }],
  ['some', 'dev-live-trouble', '720', 'zh-CN', 'light', { seen: true }],
  ['reconly', 'dev-live-reconly', '720', 'en', 'dark', { seen: true }],
  ['questions', 'dev', '720', 'zh-CN', 'dark', { seen: true, side: 'questions' }],
  ['questions', 'dev-panic', '720', 'en', 'light', { seen: true, side: 'questions', after: 'held for you' }],
  ['crowd', 'dev-crowd-team', '720', 'zh-CN', 'light', { seen: true, side: 'questions' }],
  ['crowd', 'dev-crowd', '720', 'en', 'dark', { seen: true, side: 'questions' }],
  ['crowd', 'dev-crowd-live-moderator', 'phone', 'zh-CN', 'sunlight', { seen: true }],
  [
    'crowd-held',
    'dev-crowd-team',
    '720',
    'zh-CN',
    'light',
    { seen: true, side: 'questions', after: /被拦下/ },
  ],
  ['crowd-held', 'dev-crowd', '720', 'en', 'dark', { seen: true, side: 'questions', after: /are held/ }],
  ['crowd-held', 'dev-crowd-live-moderator', 'phone', 'zh-CN', 'light', { seen: true, after: /被拦下/ }],
  ['crowd-held', 'dev-crowd-live-moderator', 'phone', 'en', 'sunlight', { seen: true, after: /are held/ }],
  [
    'questions',
    'dev-live',
    'phone',
    'zh-CN',
    'sunlight',
    { seen: true, tab: 2, after: '多少钱一斤呀？ ×37' },
  ],
  ['questions', 'dev-live', 'phone', 'en', 'dark', { seen: true, tab: 2 }],
  ['relay', 'dev-relay', '720', 'en', 'dark', { page: 'chat' }],
  ['relay', 'dev-relay', 'portrait', 'zh-CN', 'light', { page: 'chat' }],
  ['relay', 'dev-relay', 'phone', 'en', 'light', { page: 'chat', reach: 'section:has(pre)' }],
  ['relay', 'dev-relay', '1080', 'zh-CN', 'dark', { page: 'chat', scroll: 1400 }],
  ['login', 'dev-relay', '1080', 'zh-CN', 'light', { page: 'chat', choose: 'kick' }],
  ['login', 'dev-relay', 'portrait', 'en', 'dark', { page: 'chat', choose: 'kick' }],
  ['login', 'dev-relay', 'phone', 'zh-CN', 'dark', { page: 'chat', choose: 'kick' }],
  ['login', 'dev-relay', '720', 'en', 'light', { page: 'chat', choose: 'twitch_token' }],
  ['moderation', 'dev', '720', 'en', 'dark', { page: 'chat', scroll: 420 }],
  ['phrasing', 'dev-phrase', '720', 'en', 'light', { page: 'chat', click: 'Test', scroll: 220 }],
  ['phrasing', 'dev-phrase', 'phone', 'zh-CN', 'dark', { page: 'chat', click: '测试', scroll: 300 }],
  [
    'phrased',
    'dev-phrase',
    '720',
    'en',
    'dark',
    { seen: true, side: 'questions', after: 'Phrase it: 多少钱' },
  ],
  ['phrased', 'dev-live-phrase', 'phone', 'zh-CN', 'light', { seen: true, tab: 2, after: '润色：多少钱' }],
  ['moderation', 'dev', 'phone', 'zh-CN', 'light', { page: 'chat', scroll: 700 }],
  ['games-form', 'dev', '720', 'zh-CN', 'dark', { seen: true, click: '弹幕投票' }],
  ['games-form', 'dev', '720', 'en', 'light', { seen: true, click: 'Prize draw' }],
  ['games-poll', 'dev-poll', '720', 'zh-CN', 'dark', { seen: true }],
  ['games-poll', 'dev-poll', 'phone', 'en', 'sunlight', { seen: true, tab: 3 }],
  ['games-lottery', 'dev-lottery', '720', 'en', 'light', { seen: true }],
  ['games-lottery', 'dev-lottery', 'phone', 'zh-CN', 'dark', { seen: true, tab: 3 }],
  ['games-auction', 'dev', '720', 'zh-CN', 'dark', { seen: true, click: '弹幕竞拍' }],
  ['games-auction', 'dev', 'phone', 'en', 'light', { seen: true, tab: 3, after: 'Auction' }],
  ['games-auction', 'dev-auction', '720', 'en', 'light', { seen: true, after: 'Strike out' }],
  ['games-auction', 'dev-auction', 'phone', 'zh-CN', 'dark', { seen: true, tab: 3 }],
  ['games-auction', 'dev-auction-sold', '720', 'zh-CN', 'dark', { seen: true }],
  ['reconly', 'dev-live-reconly', '720', 'zh-CN', 'light', { seen: true }],
  ['both', 'dev-both', '720', 'zh-CN', 'dark', { seen: true }],
  ['both', 'dev-both-live', '720', 'en', 'light', { seen: true }],
  ['slow', 'dev-both-slow', '720', 'zh-CN', 'dark', { seen: true, wait: 4000 }],
  ['slow', 'dev-slow', '720', 'en', 'light', { seen: true, wait: 4000 }],
  ['both', 'dev-both', '1080', 'zh-CN', 'light', { seen: true }],
  ['both', 'dev-both', 'phone', 'en', 'dark', { seen: true }],
  ['gone', 'dev-live-gone1', '720', 'zh-CN', 'dark', { seen: true, wait: 3500 }],
  ['gone', 'dev-live-gone2', '720', 'en', 'light', { seen: true, wait: 14000 }],
  ['gone', 'dev-live-gone3', 'portrait', 'en', 'dark', { seen: true, wait: 3500 }],
  ['gone', 'dev-live-gone4', '720', 'zh-CN', 'sunlight', { seen: true, wait: 3500 }],
  ['guide', 'dev-idle-guide', '720', 'zh-CN', 'dark'],
  ['long', 'dev-long', '720', 'zh-CN', 'dark', { seen: true }],
  ['long', 'dev-long', '720', 'en', 'light', { seen: true, side: 'questions' }],
  ['long', 'dev-long', 'phone', 'zh-CN', 'light', { seen: true, tab: 3 }],
  ['ask', 'dev-idle', '720', 'en', 'dark', { seen: true, keys: ['Control+l'] }],
  ['ask', 'dev-idle', '720', 'zh-CN', 'light', { seen: true, keys: ['Control+l'] }],
  ['end', 'dev-live-end', '720', 'en', 'dark', { seen: true, click: 'End show' }],
  ['sound', 'dev-live', '720', 'en', 'light', { seen: true, click: 'Sound of 背景音乐' }],
  ['sound', 'dev-live', '720', 'zh-CN', 'dark', { seen: true, click: '背景音乐 的声音' }],
  ['empty', 'dev-empty-idle', '720', 'en', 'dark', { seen: true }],
  ['viewer', 'dev-viewer-live', '720', 'en', 'dark', { seen: true }],
  ['refused', 'bad', '720', 'en', 'dark', { seen: true }],
  ['phone', 'dev-live', 'phone', 'zh-CN', 'dark', { seen: true }],
  ['phone-trouble', 'dev-live-trouble', 'phone', 'en', 'light', { seen: true, tab: 2 }],
  ['phone-mixer', 'dev', 'phone', 'en', 'sunlight', { seen: true, tab: 4 }],
  ['tablet', 'dev-live', 'tablet', 'en', 'dark', { seen: true }],
  ['vetting', 'dev-live-unvetted', '720', 'zh-CN', 'dark', { seen: true, keys: ['3'] }],
  ['vetting', 'dev-live-unvetted', '720', 'en', 'sunlight', { seen: true, keys: ['3'] }],
  ['unvetted', 'dev-unvetted', '720', 'en', 'dark', { seen: true }],
  ['unvetted', 'dev-unvetted', 'phone', 'en', 'light', { seen: true }],
  ['vetting', 'dev-live-unvetted', 'phone', 'zh-CN', 'light', { seen: true, keys: ['3'], reach: '.vetting' }],
  ['vetting-rule', 'dev-unvetted', '720', 'en', 'dark', { page: 'products', scroll: 900 }],
  [
    'editor-offer',
    'dev',
    '720',
    'zh-CN',
    'light',
    { page: 'products', click: '编辑 烟台红富士苹果', scroll: 520 },
  ],
  [
    'editor-offer',
    'dev',
    'phone',
    'en',
    'dark',
    { page: 'products', click: 'Edit Red Fuji apples', scroll: 1500 },
  ],
  ['products', 'dev', '720', 'zh-CN', 'dark', { page: 'products', file: true }],
  ['products', 'dev', 'phone', 'en', 'light', { page: 'products', file: true, scroll: 420 }],
  ['products', 'dev', '720', 'en', 'sunlight', { page: 'products', file: true, scroll: 300 }],
  [
    'biglist',
    'dev-biglist',
    '720',
    'zh-CN',
    'light',
    { page: 'products', file: true, scroll: 420, after: '下一页' },
  ],
  [
    'biglist',
    'dev-biglist',
    'phone',
    'en',
    'dark',
    { page: 'products', file: true, scroll: 620, after: 'Next' },
  ],
  ['editor', 'dev-live', '720', 'zh-CN', 'dark', { page: 'products', press: '编辑 砀山酥梨' }],
  ['editor', 'dev', '720', 'en', 'light', { page: 'products', press: 'Edit Red Fuji apples' }],
  [
    'editor',
    'dev',
    '720',
    'en',
    'sunlight',
    { page: 'products', press: 'Edit Red Fuji apples', scroll: 900 },
  ],
  ['editor', 'dev', 'phone', 'zh-CN', 'light', { page: 'products', press: '编辑 烟台红富士苹果' }],
  ['rules', 'dev-live-rules', '720', 'zh-CN', 'dark', { seen: true, press: /枣花蜂蜜.*禁用/ }],
  ['rules', 'dev-live-rules1', '720', 'en', 'sunlight', { seen: true, press: /Jujube honey.*Stop/ }],
  ['rules', 'dev-live-rules2', 'phone', 'zh-CN', 'light', { seen: true, press: /枣花蜂蜜.*禁用/ }],
  ['rules', 'dev-live-rules3', 'phone', 'en', 'dark', { seen: true }],
  ['correction', 'dev-live-rules4', '720', 'en', 'light', { seen: true, press: 'Correct the price' }],
  ['correction', 'dev-live-rules5', 'phone', 'zh-CN', 'dark', { seen: true, press: '更正价格' }],
  ['sources', 'dev', '720', 'en', 'light', { page: 'sources' }],
  ['destinations', 'dev', '720', 'zh-CN', 'dark', { page: 'destinations', edit: true }],
  ['destinations', 'dev', 'phone', 'en', 'light', { page: 'destinations' }],
  ['scenes', 'dev-live', '720', 'zh-CN', 'dark', { page: 'scenes' }],
  ['scenes', 'dev', '720', 'en', 'light', { page: 'scenes', scroll: 520 }],
  ['scenes', 'dev', 'phone', 'en', 'sunlight', { page: 'scenes', scroll: 300 }],
  ['scenes', 'dev', 'portrait', 'zh-CN', 'light', { page: 'scenes' }],
  ['obs', 'dev', '720', 'en', 'dark', { page: 'chat', scroll: 3000 }],
  ['obs', 'dev', 'phone', 'zh-CN', 'light', { page: 'chat', scroll: 3000 }],
  ['obs-port', 'dev-trouble', '720', 'zh-CN', 'light', { page: 'chat', scroll: 3000 }],
  ['chat', 'dev', '720', 'en', 'dark', { page: 'chat' }],
  [
    'acts',
    'dev-platforms',
    '720',
    'en',
    'light',
    { seen: true, side: 'chat', after: /Reply or moderate on/ },
  ],
  [
    'acts',
    'dev-platforms',
    'portrait',
    'zh-CN',
    'dark',
    { seen: true, side: 'chat', after: /在平台上回复或管理/ },
  ],
  ['platforms', 'dev-platforms', '720', 'zh-CN', 'light', { page: 'chat' }],
  ['platforms', 'dev-platforms', 'phone', 'en', 'dark', { page: 'chat' }],
  ['platforms-slow', 'dev-platforms', '720', 'zh-CN', 'light', { seen: true, side: 'chat' }],
  ['platforms-slow', 'dev-platforms', 'phone', 'en', 'dark', { seen: true, side: 'chat' }],
  ['platforms-form', 'dev-platforms', '720', 'en', 'light', { page: 'chat', choose: 'facebook' }],
  ['platforms-form', 'dev-platforms', 'phone', 'zh-CN', 'dark', { page: 'chat', choose: 'facebook' }],
  [
    'platforms-after',
    'dev-idle-r',
    '720',
    'zh-CN',
    'light',
    { seen: true, hash: 'after', reach: '#after-acts' },
  ],
  [
    'platforms-after',
    'dev-idle-s',
    'phone',
    'en',
    'dark',
    { seen: true, hash: 'after', reach: '#after-acts' },
  ],
  ['chat', 'dev', 'portrait', 'zh-CN', 'light', { page: 'chat' }],
  ['inputs', 'dev-inputs', '1080', 'zh-CN', 'dark', { page: 'sources', unfold: true }],
  ['inputs', 'dev-inputs', '720', 'en', 'sunlight', { page: 'sources', unfold: true }],
  ['inputs', 'dev-inputs', 'portrait', 'zh-CN', 'light', { page: 'sources', unfold: true }],
  ['inputs', 'dev-inputs', 'phone', 'en', 'sunlight', { page: 'sources', unfold: true }],
  ['inputs', 'dev-inputs', 'phone', 'zh-CN', 'dark', { page: 'sources', unfold: true }],
  ['inputs', 'dev-inputs', 'portrait', 'en', 'dark', { page: 'sources', unfold: true }],
  [
    'inputs-controls',
    'dev-inputs',
    '720',
    'zh-CN',
    'sunlight',
    { page: 'sources', unfold: true, scroll: 620 },
  ],
  ['inputs-controls', 'dev-inputs', 'phone', 'en', 'dark', { page: 'sources', unfold: true, scroll: 900 }],
  ['inputs-trouble', 'dev-inputs-trouble', '720', 'zh-CN', 'light', { page: 'sources', scroll: 900 }],
  ['inputs-trouble', 'dev-inputs-trouble', 'phone', 'en', 'light', { page: 'sources', scroll: 1400 }],
  ['orders', 'dev-live', '720', 'zh-CN', 'light', { page: 'orders' }],
  ['orders', 'dev-live-trouble', '720', 'en', 'dark', { page: 'orders' }],
  ['orders', 'dev-live', 'phone', 'zh-CN', 'sunlight', { page: 'orders' }],
  ['orders', 'dev-live', 'phone', 'en', 'dark', { page: 'orders', scroll: 1400 }],
  [
    'cards-parts',
    'dev-live',
    '720',
    'zh-CN',
    'dark',
    { page: 'cards', reach: '.boxes', click: '改字：标题' },
  ],
  ['cards-parts', 'dev', '720', 'en', 'light', { page: 'cards', reach: 'input[type=color] >> nth=-1' }],
  [
    'cards-parts',
    'dev',
    'phone',
    'zh-CN',
    'sunlight',
    { page: 'cards', reach: 'input[type=color] >> nth=-1' },
  ],
  ['cards', 'dev-live', '720', 'zh-CN', 'light', { page: 'cards' }],
  ['cards', 'dev-both-live', '720', 'en', 'dark', { page: 'cards' }],
  ['cards', 'dev-both', 'phone', 'zh-CN', 'sunlight', { page: 'cards' }],
  ['doctor', 'dev', '720', 'zh-CN', 'light', { page: 'doctor', click: '开始体检' }],
  ['doctor', 'dev', '720', 'en', 'dark', { page: 'doctor', click: 'Look now', after: 'Save the report' }],
  ['doctor', 'dev', '1080', 'en', 'sunlight', { page: 'doctor', click: 'Look now', scroll: 600 }],
  ['doctor', 'dev', 'phone', 'zh-CN', 'dark', { page: 'doctor', click: '开始体检', after: '保存报告' }],
  ['doctor', 'dev', 'portrait', 'en', 'light', { page: 'doctor', click: 'Look now' }],
  ['doctor-light', 'dev-live', 'phone', 'en', 'sunlight', { page: 'doctor', click: 'Look now' }],
  ['doctor-light', 'dev-live', '720', 'zh-CN', 'dark', { page: 'doctor', click: '开始体检' }],
  ['recording', 'dev-both-live', '720', 'zh-CN', 'light', { page: 'recording' }],
  ['recording', 'dev-both-live', 'phone', 'en', 'sunlight', { page: 'recording' }],
  ['recording', 'dev', 'portrait', 'en', 'dark', { page: 'recording' }],
  ['destinations', 'dev', '720', 'en', 'sunlight', { page: 'destinations', edit: true }],
  ['destinations', 'dev', 'portrait', 'zh-CN', 'light', { page: 'destinations', edit: true }],
  ['destinations', 'dev', 'phone', 'zh-CN', 'dark', { page: 'destinations', edit: true }],
  ['products', 'dev', '720', 'en', 'sunlight', { page: 'products', scroll: 600 }],
  ['products', 'dev', 'phone', 'zh-CN', 'light', { page: 'products', scroll: 1200 }],
  ['products', 'dev', 'portrait', 'en', 'dark', { page: 'products', scroll: 600 }],
  ['chat', 'dev', 'phone', 'zh-CN', 'sunlight', { page: 'chat', scroll: 500 }],
  ['chat', 'dev', 'phone', 'en', 'light', { page: 'chat', scroll: 500 }],
  ['look', 'dev', '720', 'zh-CN', 'light', { page: 'look' }],
  ['prompter', 'dev-live-pinned-notes', '720', 'zh-CN', 'dark', { seen: true, hash: 'prompter' }],
  ['prompter', 'dev-live-notes', '720', 'en', 'sunlight', { seen: true, hash: 'prompter' }],
  ['prompter', 'dev-live-pinned-notes', 'portrait', 'en', 'light', { seen: true, hash: 'prompter' }],
  ['prompter', 'dev', '1080', 'zh-CN', 'dark', { seen: true, hash: 'prompter' }],
  ['notes', 'dev-live-notes', '720', 'zh-CN', 'dark', { seen: true }],
  ['notes', 'dev-live-notes', 'phone', 'en', 'light', { seen: true, tab: 2 }],
  ['after', 'dev-idle-a', '720', 'zh-CN', 'dark', { seen: true, hash: 'after' }],
  ['after', 'dev-idle-b', '720', 'en', 'light', { seen: true, hash: 'after' }],
  ['after', 'dev-idle-c', 'phone', 'zh-CN', 'light', { seen: true, hash: 'after' }],
  ['after', 'dev-idle-d', 'phone', 'en', 'sunlight', { seen: true, hash: 'after' }],
  [
    'after-clips',
    'dev-idle-e',
    '720',
    'zh-CN',
    'sunlight',
    { seen: true, hash: 'after', reach: '#after-clips', press: '生成切片', rest: 6500 },
  ],
  [
    'after-clips',
    'dev-idle-f',
    'phone',
    'en',
    'dark',
    { seen: true, hash: 'after', reach: '#after-clips', press: 'Make the clips', rest: 6500 },
  ],
  ['after-lanes', 'dev-idle-h', '720', 'zh-CN', 'dark', { seen: true, hash: 'after', reach: '#after-lanes' }],
  [
    'after-lanes',
    'dev-idle-i',
    '720',
    'en',
    'sunlight',
    { seen: true, hash: 'after', reach: '#after-lanes' },
  ],
  [
    'after-lanes',
    'dev-idle-j',
    'phone',
    'zh-CN',
    'light',
    { seen: true, hash: 'after', reach: '#after-lanes' },
  ],
  ['after-lanes', 'dev-idle-k', 'phone', 'en', 'dark', { seen: true, hash: 'after', reach: '#after-lanes' }],
  [
    'after-kept',
    'dev-idle-l',
    '720',
    'zh-CN',
    'light',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-keeping' },
  ],
  [
    'after-kept',
    'dev-idle-m',
    '720',
    'en',
    'dark',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-keeping' },
  ],
  [
    'after-kept',
    'dev-idle-n',
    'phone',
    'zh-CN',
    'dark',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-keeping' },
  ],
  [
    'after-kept',
    'dev-idle-o',
    'phone',
    'en',
    'light',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-keeping' },
  ],
  [
    'after-evidence',
    'dev-idle-p',
    'phone',
    'zh-CN',
    'light',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-evidence' },
  ],
  [
    'after-evidence',
    'dev-idle-q',
    'phone',
    'en',
    'dark',
    { seen: true, hash: 'after', rest: 1500, reach: '#after-evidence' },
  ],
  ['orders-end', 'dev-live', '720', 'zh-CN', 'dark', { page: 'orders', rest: 1500, reach: '#orders-sold' }],
  ['orders-end', 'dev-live', '720', 'en', 'light', { page: 'orders', rest: 1500, reach: '#orders-sold' }],
  ['orders', 'dev-live', 'portrait', 'zh-CN', 'dark', { page: 'orders' }],
  ['orders', 'dev-live', 'portrait', 'en', 'light', { page: 'orders' }],
  ['markets', 'dev', '720', 'zh-CN', 'dark', { page: 'products', rest: 800, reach: '#markets' }],
  ['markets', 'dev', '720', 'en', 'light', { page: 'products', rest: 800, reach: '#markets' }],
  ['markets', 'dev', 'phone', 'zh-CN', 'light', { page: 'products', rest: 800, reach: '#markets' }],
  ['markets', 'dev', 'phone', 'en', 'dark', { page: 'products', rest: 800, reach: '#markets' }],
  ['after-end', 'dev-idle-g', '720', 'en', 'dark', { seen: true, hash: 'after', reach: '#after-recordings' }],
  ['after-none', 'dev-empty-idle', '720', 'zh-CN', 'light', { seen: true, hash: 'after' }],
];

const filter = process.argv[2] ?? '';
mkdirSync(OUT, { recursive: true });
const server = await createServer({ server: { port: 5199, strictPort: false }, logLevel: 'warn' });
await server.listen();
const base = server.resolvedUrls.local[0];
const { standIn } = await server.ssrLoadModule('/dev/window_stand_in.ts');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

for (const [name, token, size, lang, theme, then = {}] of SHOTS) {
  const label = `${name}-${size}-${lang}-${theme}`;
  if (!label.includes(filter)) continue;
  const [width, height] = SIZES[size];
  const phone = width < 900;
  const context = await browser.newContext({
    viewport: { width, height },
    hasTouch: phone,
    isMobile: phone,
    deviceScaleFactor: phone ? 2 : 1,
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(label, error.message));
  page.on('console', (line) => line.type() === 'error' && console.error(label, line.text()));
  await page.addInitScript(
    ([lang, theme, seen]) =>
      localStorage.setItem('stallcast.prefs', JSON.stringify({ lang, theme, guideSeen: seen })),
    [lang, theme, then.seen === true],
  );
  if (then.window) {
    const engine = { base: base.replace(/\/$/, ''), token, window: '0.1.0', updates: true };
    await page.addInitScript(standIn, { ...then.window, engine });
  }
  await page.goto(then.window ? `${base}desktop.html` : `${base}#token=${token}`);
  await page.waitForTimeout(1800 + (then.wait ?? 0));
  if (then.hash) await page.evaluate((where) => (location.hash = where), then.hash);
  if (then.page) await page.evaluate((where) => (location.hash = `settings/${where}`), then.page);
  for (const key of then.keys ?? []) await page.keyboard.press(key);
  if (then.click) await page.getByRole('button', { name: then.click }).click();
  if (then.press) await page.getByRole('button', { name: then.press }).click();
  if (then.side) await page.locator(`[data-tab="${then.side}"]`).click();
  if (then.tab)
    await page
      .getByRole('tab')
      .nth(then.tab - 1)
      .click();
  if (then.edit)
    await page
      .getByRole('button', { name: /编辑|Edit/ })
      .first()
      .click();
  if (then.unfold) {
    const folded = page.getByRole('button', {
      name: /连接手机|Connect the phone|摄像头设置|Camera settings/,
    });
    for (const button of await folded.all()) await button.click();
  }
  if (then.file)
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: '商品.xlsx', mimeType: 'x', buffer: Buffer.from('x') });
  if (then.choose) {
    const kinds = page.locator(`select:has(option[value="${then.choose}"])`);
    await kinds.selectOption(then.choose);
    await kinds.scrollIntoViewIfNeeded();
  }
  if (then.after) await page.getByRole('button', { name: then.after }).first().click();
  if (then.scroll)
    await page.evaluate((px) => document.querySelector('.settings main').scrollBy(0, px), then.scroll);
  if (then.rest) await page.waitForTimeout(then.rest);
  if (then.reach) await page.locator(then.reach).scrollIntoViewIfNeeded();
  await page.waitForTimeout(700);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (overflow > 0) console.error(label, `is ${overflow}px too wide`);
  await page.screenshot({ path: `${OUT}${label}.png` });
  await context.close();
}
await browser.close();
await server.close();
