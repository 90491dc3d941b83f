// What commands do to the mock studio's show that need nothing else of it.
import type { Command, ServerMessage, ShowView } from '../src/wire/types.ts';
import { sceneUse } from '../src/state/scene_use.ts';

export type Answer =
  | { outcome: 'ok'; seq: number; data: null }
  | Extract<ServerMessage, { type: 'result'; outcome: 'ok' }>
  | { outcome: 'failed'; error: Extract<ServerMessage, { outcome: 'failed' }>['error'] };

export const refused = (code: string, params: Record<string, string> = {}): Answer => ({
  outcome: 'failed',
  error: { code: 'refused', message_key: `refusal.${code}`, params, retryable: false },
});

/** Does it; gives why not where it cannot be done. */
export function applyToShow(show: ShowView, command: Command, now: number): Answer | null {
  switch (command.do) {
    case 'end_correction':
      show.correction = null;
      return null;
    case 'take_off_air':
      if (show.on_air === null) return refused('not_on_air');
      show.on_air = null;
      show.countdown = null;
      return null;
    case 'start_countdown':
      if (show.on_air === null) return refused('not_on_air');
      show.countdown = {
        product: show.on_air.product,
        started: now,
        deadline: now + command.seconds * 1000,
      };
      return null;
    case 'stop_countdown':
      show.countdown = null;
      return null;
    case 'adjust_stock': {
      const left = show.stock[command.product] ?? 0;
      if (left + command.by < 0)
        return refused('stock_below_zero', {
          product: command.product,
          left: String(left),
          by: String(command.by),
        });
      show.stock = { ...show.stock, [command.product]: left + command.by };
      return null;
    }
    case 'set_stock':
      show.stock = { ...show.stock, [command.product]: command.left ?? 0 };
      return null;
    case 'set_rundown':
      show.rundown = command.items;
      return null;
    case 'rename':
      show.name = command.name;
      return null;
    case 'set_ticker':
      show.ticker = command.text;
      return null;
    case 'switch_scene':
      show.scene = command.scene;
      return null;
    case 'put_scene':
      show.scenes = show.scenes.some((scene) => scene.id === command.scene.id)
        ? show.scenes.map((scene) => (scene.id === command.scene.id ? command.scene : scene))
        : [...show.scenes, command.scene];
      return null;
    case 'set_canvases':
      show.canvases = command.canvases;
      return null;
    case 'set_strip':
      show.strips = { ...show.strips, [command.source]: command.strip };
      return null;
    case 'set_sound':
      show.sounds = { ...show.sounds, [command.source]: command.sound };
      return null;
    case 'set_ducking':
      show.ducking = command.ducking;
      return null;
    case 'set_camera':
      show.cameras = { ...show.cameras, [command.device]: command.settings };
      return null;
    case 'set_virtual_camera':
      show.virtual_camera = command.on;
      return null;
    case 'place_part': {
      const places = { ...show.part_places[command.canvas], [command.part]: command.place ?? undefined };
      show.part_places = { ...show.part_places, [command.canvas]: places };
      return null;
    }
    case 'reset_parts':
      show.part_places = { ...show.part_places, [command.canvas]: {} };
      return null;
    case 'set_picture_text':
      return null;
    case 'set_card_look':
      show.card_look = command.look;
      return null;
    case 'start_break':
      show.pause = { since: now, until: now + command.minutes * 60_000, words: command.words };
      return null;
    case 'set_ticker_look':
      show.ticker_look = command.look;
      return null;
    case 'set_logo':
      show.logo = command.logo;
      return null;
    case 'put_lower_third':
      show.lower_thirds = [
        ...show.lower_thirds.filter(({ id }) => id !== command.lower_third.id),
        command.lower_third,
      ];
      return null;
    case 'remove_lower_third':
      show.lower_thirds = show.lower_thirds.filter(({ id }) => id !== command.id);
      if (show.lower_third === command.id) show.lower_third = null;
      return null;
    case 'show_lower_third':
      show.lower_third = command.id;
      return null;
    case 'set_goal':
      show.goal =
        command.plan === null
          ? null
          : { plan: command.plan, done: 0, counted: {}, shown: show.goal?.shown ?? false };
      return null;
    case 'show_goal':
      if (show.goal !== null) show.goal = { ...show.goal, shown: command.on };
      return null;
    case 'count_goal':
      if (show.goal !== null) show.goal = { ...show.goal, done: command.done };
      return null;
    case 'end_break':
      show.pause = null;
      return null;
    case 'set_isolated':
      show.isolated = command.source;
      return null;
    case 'put_source':
      show.sources = { ...show.sources, [command.source.id]: command.source };
      return null;
    case 'remove_source': {
      const { gone } = sceneUse(show, command.source);
      show.scenes = show.scenes.filter((scene) => !gone.includes(scene));
      show.sources = Object.fromEntries(Object.entries(show.sources).filter(([id]) => id !== command.source));
      return null;
    }
    case 'put_destination':
      if (!/^rtmps?:\/\//.test(command.destination.url))
        return refused('bad_url', { field: 'url', reason: 'scheme' });
      show.destinations = { ...show.destinations, [command.destination.id]: command.destination };
      return null;
    case 'remove_destination':
      show.destinations = Object.fromEntries(
        Object.entries(show.destinations).filter(([id]) => id !== command.destination),
      );
      return null;
    case 'start_poll':
      show.poll = {
        terms: { ...command, since: now, until: now + command.seconds * 1000, rehearsed: true },
        counts: command.options.map((_, index) => 37 - index * 11),
        turned_away: 0,
        closed: null,
      };
      return null;
    case 'close_poll':
      if (show.poll !== null) show.poll = { ...show.poll, closed: now };
      return null;
    case 'clear_poll':
      show.poll = null;
      return null;
    case 'clear_auction':
      show.auction = null;
      return null;
    case 'clear_lottery':
      show.lottery = null;
      return null;
    case 'send_note':
      show.notes = [...show.notes, { id: command.id, text: command.text, by: 'studio', at: now }];
      return null;
    case 'tick_note':
      show.notes = show.notes.filter(({ id }) => id !== command.id);
      return null;
    case 'split_question':
      return refused('asked_gone');
    case 'set_moderation':
      show.moderation = command.rules;
      return null;
    case 'start_panic':
      show.panic_until = now + command.minutes * 60_000;
      return null;
    case 'end_panic':
      show.panic_until = null;
      return null;
    case 'pin_question':
      show.pinned = {
        message: command.message,
        author: command.author,
        text: command.text,
        answer: '',
        since: now,
      };
      return null;
    case 'answer_question':
      if (show.pinned !== null) show.pinned = { ...show.pinned, answer: command.answer };
      return null;
    case 'unpin_question':
      show.pinned = null;
      return null;
    case 'start_rehearsal':
      show.phase = { phase: 'rehearsing', since: now };
      return null;
    case 'go_live':
      if (!Object.values(show.destinations).some((destination) => destination?.enabled))
        return refused('no_destination');
      show.phase = { phase: 'live', since: now };
      return null;
    case 'end_show':
      show.phase = { phase: 'idle' };
      return null;
    default:
      return null;
  }
}
