// What keys and buttons ask for, in one place, so that both do the same.
import type { ChatLine, QuestionView, ReplayView, ShowView, StatusView } from '../wire/types.ts';
import type { Action } from './keys.ts';
import { pinText } from './pin_text.ts';
import { prefs } from './prefs.svelte.ts';
import { randomId } from '../random_id.ts';
import type { Studio } from './studio.svelte.ts';
import { view } from './view.svelte.ts';

export function enabledDestinations(show: ShowView | null): number {
  return show === null ? 0 : Object.values(show.destinations).filter((d) => d?.enabled === true).length;
}

export function keyIsMissing(status: StatusView | null, id: string): boolean {
  return status?.destinations.find((d) => d.id === id)?.has_key === false;
}

export function pin(studio: Studio, line: ChatLine): void {
  const text = pinText(line.text);
  void studio.run({ do: 'pin_question', message: line.id, author: line.author, text }, `pin:${line.id}`);
}

/** What the show takes of a note (crates/show/src/note.rs). */
export const NOTE_CHARACTERS = 200;

/** Puts words on the prompter; whether they are there. `key` is the control's, so that one keeps no other back. */
export function tellAnchor(studio: Studio, text: string, key: string): Promise<boolean> {
  return studio.run({ do: 'send_note', id: randomId(), text: text.trim() }, key);
}

/** Puts a question of the audience on the picture, with what the facts say to it where that is wanted. */
export async function pinAsked(studio: Studio, question: QuestionView, answer: string | null): Promise<void> {
  const { message, author } = question;
  const key = `pin:${message}`;
  const pinned = await studio.run({ do: 'pin_question', message, author, text: pinText(question.text) }, key);
  if (pinned && answer !== null) await studio.run({ do: 'answer_question', message, answer }, key);
}

export function putOnAir(studio: Studio, product: string): void {
  if (studio.show?.on_air?.product === product) return;
  void studio.run({ do: 'put_on_air', product }, `air:${product}`);
}

export function switchScene(studio: Studio, scene: string): void {
  if (studio.show?.scene === scene) return;
  const transition = prefs.cut ? ({ kind: 'cut' } as const) : ({ kind: 'fade', ms: prefs.fadeMs } as const);
  void studio.run({ do: 'switch_scene', scene, transition }, `scene:${scene}`);
}

/** Puts the notice of a break over the picture, as it was set. */
export function startBreak(studio: Studio): void {
  const words = prefs.breakWords.trim();
  const command = { do: 'start_break', minutes: prefs.breakMinutes, words: { zh: words, en: '' } } as const;
  void studio.run(command, 'break');
}

export function toggleMute(studio: Studio, source: string): void {
  const strip = studio.show?.strips[source] ?? { gain_cdb: 0, muted: false };
  void studio.run({ do: 'set_strip', source, strip: { ...strip, muted: !strip.muted } }, `mute:${source}`);
}

/** The last half minute into a file of its own. The engine tells every page what became of it. */
export async function saveReplay(studio: Studio): Promise<void> {
  const saved = await studio.ask<ReplayView>({ ask: 'save_replay' });
  const isTold = !saved.ok && saved.error.message_key === 'error.file_unwritable';
  if (!saved.ok && !isTold) studio.complain(saved.error);
}

export function perform(studio: Studio, action: Action): void {
  const show = studio.show;
  if (show === null) return;
  switch (action.kind) {
    case 'product': {
      const item = show.rundown[action.index];
      if (item !== undefined) putOnAir(studio, item.product);
      return;
    }
    case 'off_air':
      if (show.on_air !== null) void studio.run({ do: 'take_off_air' });
      return;
    case 'mute_mic': {
      if (studio.voice !== undefined) toggleMute(studio, studio.voice.id);
      return;
    }
    case 'scene': {
      const scene = show.scenes[action.index];
      if (scene !== undefined) switchScene(studio, scene.id);
      return;
    }
    case 'pin_top': {
      const top = studio.rows.shown[0];
      if (top !== undefined && show.pinned?.message !== top.message) void pinAsked(studio, top, null);
      return;
    }
    case 'find_product':
      if (view.settings !== null) view.open(null);
      view.narrowTab = 'products';
      view.finding = true;
      return;
    case 'replay':
      void saveReplay(studio);
      return;
    case 'go_live':
      if (studio.phase !== 'live' && studio.may('owner')) askGoLive();
  }
}

/** Opens the check at the side; going live itself needs a second, deliberate act there. */
export function askGoLive(): void {
  if (view.settings !== null) view.open(null);
  view.asking = 'go_live';
}
