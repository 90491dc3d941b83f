// What the parts of the picture and the words on them are called.
import { t } from '../messages/text.ts';
import type { PicturePart, PictureText } from '../wire/types.ts';

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
    goal: t('picture.goal'),
    lower_third: t('picture.people'),
    logo: t('picture.logo'),
    poll: t('parts.poll'),
    lottery: t('parts.lottery'),
    auction: t('parts.auction'),
    pause: t('picture.break'),
  }[part];
}

export function textName(text: PictureText): string {
  return {
    title: t('parts.text_title'),
    spec: t('parts.text_spec'),
    coupon: t('parts.text_coupon'),
    gift: t('parts.text_gift'),
    origin: t('parts.origin'),
    ticker: t('parts.ticker'),
    person: t('picture.person'),
    person_role: t('picture.person_role'),
    goal_title: t('picture.goal_title'),
    break_words: t('picture.break_words'),
  }[text];
}
