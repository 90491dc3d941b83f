// How large the prompter's words are, percent of what suits its window.

/** The least and the most. */
export const PROMPTER_SIZES = [60, 200] as const;
const STEP = 10;

/** One step larger or smaller, within the bounds. */
export function sizeStep(size: number, by: 1 | -1): number {
  return Math.min(PROMPTER_SIZES[1], Math.max(PROMPTER_SIZES[0], size + by * STEP));
}
