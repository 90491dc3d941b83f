// What somebody looked at of the mock studio's products.
import { USUAL } from '../src/state/vetting.ts';
import type { Command, ShowView, VettingView } from '../src/wire/types.ts';

/** All was looked at. */
export function vettingOf(products: readonly string[], now: number): VettingView {
  const ticks = USUAL.map(([item]) => ({ item, by: '小李', at: now - 3_600_000 }));
  return {
    rule: { asked: 'live', own: [] },
    vetted: Object.fromEntries(products.map((id) => [id, ticks])),
    overrides: {},
  };
}

/** What it is after a command; `null` where the command is about something else. */
export function afterVetting(
  vetting: VettingView,
  command: Command,
  show: ShowView,
  now: number,
): VettingView | null {
  const by = 'studio';
  switch (command.do) {
    case 'set_vetting':
      return { ...vetting, rule: command.rule };
    case 'vet_products': {
      const ids = command.products ?? show.rundown.map((item) => item.product);
      const ticks = USUAL.map(([item]) => ({ item, by, at: now }));
      const own = vetting.rule.own.map((text) => ({ item: { own: text }, by, at: now }));
      const vetted = Object.fromEntries(ids.map((id) => [id, [...ticks, ...own]]));
      return { ...vetting, vetted: { ...vetting.vetted, ...vetted } };
    }
    case 'set_vetted': {
      const { product, item, done } = command;
      const others = (vetting.vetted[product] ?? []).filter(
        (tick) => JSON.stringify(tick.item) !== JSON.stringify(item),
      );
      const ticks = done ? [...others, { item, by, at: now }] : others;
      return { ...vetting, vetted: { ...vetting.vetted, [product]: ticks } };
    }
    case 'override_vetting': {
      const given = { reason: command.reason, by, at: now };
      return { ...vetting, overrides: { ...vetting.overrides, [command.product]: given } };
    }
    default:
      return null;
  }
}
