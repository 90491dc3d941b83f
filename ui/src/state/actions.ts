// What keys and buttons ask for, in one place, so that both do the same.
import type { ReplayView, ShowView, ChatLine, StatusView } from '../wire/types.ts';
import type { Action } from './keys.ts';
import { pinText } from './pin_text.ts';
import { prefs } from './prefs.svelte.ts';
import type { Studio } from './studio.svelte.ts';
import { view } from './view.svelte.ts';

/** Questions of the last lines, newest first. */
export function questionsOf(chat: readonly ChatLine[], most = 100): ChatLine[] {
  const found: ChatLine[] = [];
  for (let i = chat.length - 1; i >= 0 && found.length < most; i -= 1) {
    const line = chat[i];
    if (line?.question === true) found.push(line);
  }
  return found;
}

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

/** Puts words on the prompter; whether they are there. */
export function tellAnchor(studio: Studio, text: string): Promise<boolean> {
  // Unique enough among the few that stand: the engine takes the same id for the same note.
  const id = `${studio.now}-${Math.random().toString(36).slice(2, 8)}`;
  return studio.run({ do: 'send_note', id, text: text.trim() });
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
      const top = questionsOf(studio.chat, 1)[0];
      if (top !== undefined && show.pinned?.message !== top.id) pin(studio, top);
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
      if (studio.phase !== 'live') askGoLive();
  }
}

/** Opens the check at the side; going live itself needs a second, deliberate act there. */
export function askGoLive(): void {
  if (view.settings !== null) view.open(null);
  view.asking = 'go_live';
}
