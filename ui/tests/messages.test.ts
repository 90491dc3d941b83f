import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHAT_FIELDS, CHAT_KINDS } from '../src/settings/chat_sources.ts';
import { fill, placesOf } from '../src/messages/fill.ts';
import en from '../src/messages/en.json';
import zh from '../src/messages/zh-CN.json';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const EN = en as Record<string, string>;
const ZH = zh as Record<string, string>;

/** The string members of a generated union type. */
function union(name: string): string[] {
  const text = read(`ui/src/generated/${name}.ts`).replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/"([a-z_0-9]+)"/g)].map((match) => match[1] ?? '');
}

/** The tags of a generated tagged union. */
function tags(name: string, tag: string): string[] {
  const text = read(`ui/src/generated/${name}.ts`).replace(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(new RegExp(`"${tag}": "([a-z_]+)"`, 'g'))].map((match) => match[1] ?? '');
}

function rustFiles(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rs') && !file.endsWith('_tests.rs'))
    .map((file) => `${folder}/${file}`);
}

/** The variants of a Rust enum, as serde writes them in snake_case. */
function variants(file: string, name: string): string[] {
  const body = new RegExp(`enum ${name} \\{([\\s\\S]*?)\\n\\}`).exec(read(file))?.[1] ?? '';
  return [...body.matchAll(/^ {4}([A-Z]\w+)/gm)].map((match) =>
    (match[1] ?? '').replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase(),
  );
}

function inBoth(keys: readonly string[]): void {
  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => !(key in EN) || !(key in ZH))).toEqual([]);
}

describe('message files', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(EN).sort()).toEqual(Object.keys(ZH).sort());
  });

  it('have no empty sentence', () => {
    expect(Object.entries({ ...EN, ...ZH }).filter(([, sentence]) => sentence.trim() === '')).toEqual([]);
  });

  it('speak of the same values in both languages', () => {
    const differ = Object.keys(EN).filter(
      (key) => placesOf(EN[key] ?? '').join() !== placesOf(ZH[key] ?? '').join(),
    );
    // A plural form may need the number that the other language does not.
    expect(differ.filter((key) => !/\{n\|/.test(EN[key] ?? ''))).toEqual([]);
  });

  it('have a sentence for every error of the wire', () => {
    inBoth(union('ErrorCode').map((code) => `error.${code}`));
  });

  it('have a sentence for every state, phase, role of a notice, check and kind of source', () => {
    inBoth(tags('RunState', 'state').map((state) => `run.${state}`));
    inBoth(tags('Phase', 'phase').map((phase) => `phase.${phase}`));
    inBoth(tags('SourceKind', 'kind').map((kind) => `source.${kind}`));
    inBoth(tags('ChatConnector', 'kind').map((kind) => `chat_kind.${kind}`));
    const fields = Object.values(CHAT_FIELDS).flat();
    inBoth(fields.flatMap(({ name }) => [`chat_field.${name}`, `chat_field.${name}_hint`]));
    inBoth(CHAT_KINDS.filter((kind) => kind !== 'simulated').map((kind) => `chat_can.${kind}`));
    inBoth(union('NoticeLevel').map((level) => `level.${level}`));
    inBoth(union('HoldReason').map((why) => `hold_reason.${why}`));
    inBoth(union('HideReason').map((why) => `hide_reason.${why}`));
    inBoth(union('HoldLevel').map((level) => `hold_level.${level}`));
    inBoth(['answered', 'hidden'].map((state) => `question_state.${state}`));
    inBoth(union('CheckLevel').map((level) => `check_level.${level}`));
    inBoth(union('SlateCause').map((cause) => `slate.${cause}`));
    inBoth(union('Canvas').map((canvas) => `canvas.${canvas}`));
    inBoth(union('Canvases').map((canvases) => `canvases.${canvases}`));
  });

  it('have a name for every platform that the chat crate names itself', () => {
    const text = rustFiles('crates/chat/src').map(read).join('\n');
    const named = [...text.matchAll(/platform(?::|: &'static str:| =|: [a-z]+ =) "([a-z]+)"/g)];
    inBoth(named.map((match) => `platform.${match[1]}`));
  });

  it('have two sentences for every reason why the window has no engine', () => {
    const codes = variants('src-tauri/src/engine.rs', 'EngineError');
    inBoth(codes.flatMap((code) => [`engine.${code}`, `engine.${code}_next`]));
  });

  it('have a sentence for every reason why a newer version is not in place', () => {
    const codes = ['replace.rs', 'update.rs'].flatMap((file) => [
      ...variants(`src-tauri/src/${file}`, 'ReplaceError'),
      ...variants(`src-tauri/src/${file}`, 'UpdateError'),
    ]);
    const said = codes.filter((code) => code !== 'refused' && code !== 'engine');
    inBoth(said.map((code) => `newer_fault.${code}`));
    const engine = read('crates/engine/src/replacement.rs') + read('crates/engine/src/after/mod.rs');
    const causes = new Set([...engine.matchAll(/"(replace_[a-z]+)"/g)].map((match) => match[1]));
    expect(causes.size).toBe(5);
    inBoth([...causes].map((cause) => `cause.${cause}`));
  });

  it('have a sentence for every refusal of the show', () => {
    const list = /CODES[^=]*=\s*\[([^\]]*)\]/.exec(read('crates/show/src/refusal.rs'))?.[1] ?? '';
    inBoth([...list.matchAll(/"([a-z_]+)"/g)].map((match) => `refusal.${match[1]}`));
  });

  it('have a word for every field that the show refuses', () => {
    const text = rustFiles('crates/show/src').map(read).join('\n');
    const named = [
      ...text.matchAll(
        /\b(?:FIELD: &str =|field:|check::\w+\(|(?<!fn )\b(?:seconds|text|filled|url)\()\s*"([a-z_]+)"/g,
      ),
    ];
    inBoth(named.map((match) => `field.${match[1]}`));
  });

  it('have a sentence for every notice, warning and check that the engine names', () => {
    const text = rustFiles('crates/engine/src').map(read).join('\n');
    inBoth([...text.matchAll(/"((?:notice|warning)\.[a-z_]+)"/g)].map((match) => match[1] ?? ''));
    const checks = [...text.matchAll(/item\("([a-z_]+)", CheckLevel::\w+, "([a-z_]+)"/g)];
    inBoth(checks.map((match) => `preflight.${match[1]}.${match[2]}`));
  });

  it('have words for every code of delivery, media, chat and money', () => {
    const files = [
      'crates/media/src/error.rs',
      'crates/show/src/money.rs',
      'crates/journal/src/error.rs',
      'crates/chat/src/phrase/mod.rs',
    ];
    const codes = files.flatMap((file) =>
      [...read(file).matchAll(/=>\s*"([a-z_]+)"/g)].map((match) => match[1]),
    );
    inBoth(codes.map((code) => `cause.${code}`));
    inBoth(variants('crates/delivery/src/error.rs', 'DeliveryErrorCode').map((code) => `cause.${code}`));
    inBoth(variants('crates/delivery/src/error.rs', 'TlsProblem').map((problem) => `cause.tls_${problem}`));
    inBoth(variants('crates/chat/src/connector.rs', 'ChatErrorCode').map((code) => `cause.${code}`));
    inBoth(variants('crates/chat/src/acts.rs', 'ActFault').map((code) => `act_fault.${code}`));
    inBoth(variants('crates/chat/src/acts.rs', 'ActKind').map((code) => `act.${code}`));
  });

  it('have a sentence for everything that the doctor sees, and a next step for what is red', () => {
    const wire = 'crates/wire/src/doctor.rs';
    inBoth(variants(wire, 'DoctorCode').map((code) => `doctor_seen.${code}`));
    inBoth(variants(wire, 'DoctorPart').map((code) => `doctor_part.${code}`));
    inBoth(variants(wire, 'DoctorLevel').map((code) => `doctor_level.${code}`));
    const looks = rustFiles('crates/engine/src/doctor').concat('crates/media/src/diagnosis/needs.rs');
    const words = [
      ...looks
        .map(read)
        .join('\n')
        .matchAll(/"((?:for|by|port|session)_[a-z0-9_]+)"/g),
    ]
      .map((match) => match[1] ?? '')
      .filter((word) => !word.endsWith('_word') && !word.endsWith('_port'));
    expect(words.length).toBeGreaterThan(12);
    inBoth(words.map((word) => `doctor_word.${word}`));
  });

  it('have a word for every fact that answers the audience', () => {
    const goods = read('crates/engine/src/chat_room/goods.rs');
    const facts = [...goods.matchAll(/\(\s*"([a-z_]+)",/g)].map((match) => `fact.${match[1]}`);
    expect(facts.length).toBeGreaterThan(12);
    inBoth(facts);
  });

  it('have words for every problem an import can name', () => {
    const report = 'crates/journal/src/catalogue/report.rs';
    inBoth(variants(report, 'ProblemCode').map((code) => `problem.${code}`));
    const photos = 'crates/engine/src/api/upload/web_photos.rs';
    inBoth(variants(photos, 'PhotoFault').map((code) => `problem.photo_${code}`));
    const whole = [...read(report).matchAll(/=>\s*"(import_[a-z_]+)"/g)].map((match) => `cause.${match[1]}`);
    inBoth(whole);
  });

  it('have words for everything that can be wrong with what a shop or a list of stock tells', () => {
    const said = (file: string) =>
      [...read(file).matchAll(/(?:=> |failed\()"([a-z_]+)"/g)].map((match) => match[1]);
    const orders = [
      'crates/engine/src/orders/told.rs',
      'crates/engine/src/orders/mod.rs',
      'crates/orders/src/lib.rs',
    ];
    inBoth(orders.flatMap(said).map((code) => `orders_error.${code}`));
    const list = read('crates/engine/src/orders/list.rs');
    const codes = [...list.matchAll(/(?:=> |Err\(|\|_\| )"([a-z_]+)"/g)].map((match) => match[1]);
    inBoth([...codes, 'journal'].map((code) => `stock_list_error.${code}`));
  });

  it('have a sentence for every reason why a destination is sent H.264 instead', () => {
    const engine = ['codecs', 'outputs'].map((name) => read(`crates/engine/src/air/${name}.rs`)).join('\n');
    const codes = new Set([...engine.matchAll(/"(codec_[a-z_]+)"/g)].map((match) => match[1]));
    expect(codes.size).toBe(6);
    inBoth([...codes].map((code) => `codec_note.${code}`));
  });

  it('are all used: no sentence stands there for nobody', () => {
    const sources = readdirSync(new URL('ui/src', ROOT), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(svelte|ts)$/.test(file) && !file.startsWith('generated'))
      .map((file) => read(`ui/src/${file}`))
      .join('\n');
    // Built from a code at run time.
    const built =
      /^(canvas|canvases|engine|error|refusal|notice|warning|preflight|cause|field|problem|phase|run|level|check_level|loudness|slate|sound\.role|undo|severity|role|source|chat_kind|chat_can|chat_field|act|act_fault|platform|access|theme|settings|keys|next|tab|import\.column|place|area|crop|codec|codec_here|codec_note|relay_hook|relay_hint|doctor_report|doctor_seen|doctor_next|doctor_word|doctor_part|doctor_level|orders_error|stock_list_error|question_state|fact|hold_reason|hide_reason|hold_level|moderation|newer_fault)\.|^products\.sort_/;
    const unused = Object.keys(EN).filter((key) => !built.test(key) && !sources.includes(`'${key}'`));
    expect(unused).toEqual([]);
  });
});

describe('filling a sentence', () => {
  it('chooses the form that the number asks for', () => {
    expect(fill('{n} {n|line|lines}', { n: 1 }, 'en')).toBe('1 line');
    expect(fill('{n} {n|line|lines}', { n: 1200 }, 'en')).toBe('1,200 lines');
    expect(fill('{count} {count|product|products}', { count: '1' }, 'en')).toBe('1 product');
  });

  it('shows a missing value as missing instead of hiding it', () => {
    expect(fill('Hello {name}', {}, 'en')).toBe('Hello {name}');
  });

  it('takes values as they are, whatever stands in them', () => {
    expect(fill('{a} {b}', { a: '{b}', b: '$&' }, 'en')).toBe('{b} $&');
  });
});
