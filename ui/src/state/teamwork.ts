// What is said of those who work on the chat: their names, and why they hid something.
import { t } from '../messages/text.ts';
import type { HiddenView } from '../wire/types.ts';
import { words } from './sentences.ts';

/** The owner's name in the journal. */
export const STUDIO = 'studio';

/** Somebody's name as it is shown; whoever sits at the studio has none of their own. */
export function nameOf(name: string): string {
  return name === STUDIO ? t('team.studio') : name;
}

/** Why something was hidden, and by whom. */
export function hiddenWhy({ hide, by }: HiddenView): string {
  const why = hide.words === '' ? words('hide_reason', hide.why) : hide.words;
  return t('hidden.why', { why, by: nameOf(by) });
}
