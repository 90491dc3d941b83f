// The games of a show as its page and its files tell them.
import { listOf, money, whole } from '../format.ts';
import { t } from '../messages/text.ts';
import { bidderOf, winnerOf } from '../state/games.ts';
import type { Lang } from '../state/prefs.svelte.ts';
import type { AuctionOutcome, RecapGame } from '../wire/types.ts';

export interface GameWords {
  /** What it was: a poll, a draw, an auction. */
  kind: string;
  /** What it was about. */
  what: string;
  /** What came out. */
  outcome: string;
}

/** Enough to know oneself, not enough to be found by others: as on the picture. */
export function masked(name: string): string {
  const letters = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name)].map(
    ({ segment }) => segment,
  );
  const [first = '*', ...rest] = letters;
  if (rest.length < 2) return letters.length === 0 ? '*' : `${first}*`;
  return `${first}${'*'.repeat(Math.min(rest.length - 1, 3))}${rest.at(-1) ?? ''}`;
}

/** `names`: whole on the page, masked in a file that is passed on. */
export function gameWords(game: RecapGame, lang: Lang, names: 'whole' | 'masked'): GameWords {
  const name = (who: string): string => (names === 'whole' ? bidderOf(who) : masked(winnerOf(who).name));
  const count = (value: number): string => whole(value, lang);
  const { play } = game;
  switch (play.game) {
    case 'poll': {
      const answers = play.answers.map(({ label, people }) =>
        t('after.game_answer', { label, people: count(people) }),
      );
      const outcome = answers.length === 0 ? t('after.game_given_up') : listOf(answers, lang);
      return { kind: t('games.poll'), what: play.question, outcome };
    }
    case 'lottery': {
      const what = t('after.game_prize', { prize: play.prize, worth: money(play.value, lang) });
      return { kind: t('games.lottery'), what, outcome: drawn(play, count, lang, name) };
    }
    case 'auction': {
      const told = [outcomeWords(play.outcome, lang, name)];
      if (play.bids > 0)
        told.push(t('after.game_bids', { n: count(play.bids), people: count(play.bidders) }));
      if (play.struck > 0) told.push(t('after.game_struck', { n: count(play.struck) }));
      return { kind: t('games.auction'), what: play.title, outcome: told.join(' · ') };
    }
  }
}

function drawn(
  play: Extract<RecapGame['play'], { game: 'lottery' }>,
  count: (value: number) => string,
  lang: Lang,
  name: (who: string) => string,
): string {
  const told: string[] = [];
  if (play.winners === null) {
    told.push(
      play.reason === '' ? t('after.game_not_drawn') : t('after.game_given_up_why', { reason: play.reason }),
    );
  } else if (play.winners.length === 0) {
    told.push(t('lottery.nobody'));
  } else {
    told.push(t('after.game_winners', { names: listOf(play.winners.map(name), lang) }));
  }
  if (play.entrants !== null) told.push(t('after.game_entrants', { n: count(play.entrants) }));
  return told.join(' · ');
}

function outcomeWords(outcome: AuctionOutcome | null, lang: Lang, name: (who: string) => string): string {
  switch (outcome?.outcome) {
    case 'sold':
      return t('after.game_sold', { who: name(outcome.to), price: money(outcome.price, lang) });
    case 'reserve_not_met':
      return t('after.game_reserve', { price: money(outcome.highest, lang) });
    case 'no_bids':
      return t('auction.no_bids');
    case 'cancelled':
      return outcome.reason === ''
        ? t('auction.cancelled')
        : t('after.game_given_up_why', { reason: outcome.reason });
    default:
      return t('after.game_open');
  }
}
