// The open questions in the order in which they are shown: what is pinned by a key is what stands first on the page.
import type { QuestionsView, QuestionView } from '../wire/types.ts';
import { ofWhom, type Whose } from './claims.ts';
import { Steady, STILL_MS } from './steady.ts';

/** What is known of the questions and of who looks at them. */
interface Known {
  readonly questions: QuestionsView | null;
  /** The page's clock, ms. */
  readonly localNow: number;
  /** The engine's clock as the page knows it, ms. */
  readonly now: number;
  readonly show: {
    readonly on_air: { readonly product: string } | null;
    readonly pinned: { readonly message: string } | null;
  } | null;
  readonly isTeam: boolean;
  readonly name: string;
}

/** Questions that wait, as they are ranked now. */
export function openQuestions(questions: QuestionsView | null): QuestionView[] {
  return questions?.questions.filter((question) => question.state === 'open') ?? [];
}

/** What one person asked so long ago waits behind the others, ms. */
export const ASIDE_AFTER_MS = 180_000;
/** Fewer are no shorter behind a line of their own. */
const ASIDE_LEAST = 3;

export class QuestionRows {
  /** What was chosen, also while another tab is looked at. */
  chosen: Whose = $state('all');
  /** They are ranked anew all the time; whoever aims at one finds it where it was. */
  private readonly steady = new Steady<number>();
  private touchedAt = -STILL_MS;
  private aside: readonly number[] = [];

  constructor(private readonly known: Known) {}

  /** Whose are listed; of whoever works alone all. */
  get whose(): Whose {
    return this.known.isTeam ? this.chosen : 'all';
  }

  /** As they stand on the page, those that stand aside last; asked twice at one moment it says the same. */
  get shown(): QuestionView[] {
    const { near, aside } = this.parted;
    return [...near, ...aside];
  }

  /** Those that stand on the page, and those of one person, long ago, that are folded into one row below them. */
  get parted(): { near: QuestionView[]; aside: QuestionView[] } {
    const { questions, localNow, name } = this.known;
    const ranked = ofWhom(openQuestions(questions), this.whose, name);
    // Under a thumb none goes aside, as none changes places.
    if (localNow - this.touchedAt >= STILL_MS) {
      const old = ranked.filter((question) => this.isOld(question));
      const folds = this.whose === 'all' && old.length >= ASIDE_LEAST && old.length < ranked.length;
      this.aside = folds ? old.map(({ id }) => id) : [];
    }
    const order = this.steady.of(
      ranked.map(({ id }) => id),
      localNow,
    );
    const rows = order.flatMap((id) => ranked.find((question) => question.id === id) ?? []);
    const near = rows.filter(({ id }) => !this.aside.includes(id));
    // Where nothing else is left they are what there is.
    if (near.length === 0) return { near: rows, aside: [] };
    return { near, aside: rows.filter(({ id }) => this.aside.includes(id)) };
  }

  private isOld({ askers, since, claim, product, message }: QuestionView): boolean {
    const { now, show } = this.known;
    const isShown =
      show?.pinned?.message === message || (product !== null && show?.on_air?.product === product);
    return askers <= 1 && claim === null && !isShown && now - since >= ASIDE_AFTER_MS;
  }

  /** Somebody is at the list. */
  touch(): void {
    this.touchedAt = this.known.localNow;
    this.steady.touch(this.known.localNow);
  }
}
