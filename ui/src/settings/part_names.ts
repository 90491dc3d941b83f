// What the parts of the picture are called.
import { t } from '../messages/text.ts';
import type { PicturePart } from '../wire/types.ts';

export function partName(part: PicturePart): string {
  return {
    card: t('parts.card'),
    stock: t('parts.stock'),
    countdown: t('parts.countdown'),
    ticker: t('parts.ticker'),
    question: t('parts.question'),
    perks: t('parts.perks'),
    drop: t('parts.drop'),
    origin: t('parts.origin'),
    code: t('parts.code'),
    next: t('parts.next'),
  }[part];
}
