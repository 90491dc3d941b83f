// What was before each step of arranging the picture, so that the last one can be taken back, also after another page.
import type { CardLang, Canvas, PartPlace, PicturePart, PictureText } from '../wire/types.ts';

export type PartStep =
  | { do: 'place_part'; canvas: Canvas; part: PicturePart; place: PartPlace | null }
  | { do: 'set_picture_text'; text: PictureText; lang: CardLang; words: string };

/** Nobody takes back more. */
const KEPT = 50;

class PartSteps {
  /** Newest last. */
  steps = $state.raw<readonly PartStep[]>([]);

  keep(step: PartStep): void {
    this.steps = [...this.steps.slice(1 - KEPT), step];
  }

  /** Everything went back to its place: single steps have nothing to go back to. */
  forgetPlaces(canvas: Canvas): void {
    this.steps = this.steps.filter((step) => step.do !== 'place_part' || step.canvas !== canvas);
  }

  take(): PartStep | undefined {
    const last = this.steps.at(-1);
    this.steps = this.steps.slice(0, -1);
    return last;
  }
}

export const partSteps = new PartSteps();
