// The sentences of what the doctor found.
import { hasMessage, t } from '../messages/text.ts';
import type { DoctorLine } from '../wire/types.ts';
import { words } from './sentences.ts';

/** Values named `…_word` name a sentence of their own. */
function values(line: DoctorLine): Record<string, string> {
  const named = Object.entries(line.params).map(([name, value = '']) => [
    name,
    name.endsWith('_word') ? words('doctor_word', value) : value,
  ]);
  return Object.fromEntries(named) as Record<string, string>;
}

/** What was seen. */
export function doctorSeen(line: DoctorLine): string {
  return t(`doctor_seen.${line.code}`, values(line));
}

/** The next step, where there is one. */
export function doctorNext(line: DoctorLine): string | null {
  const key = `doctor_next.${line.code}`;
  return hasMessage(key) ? t(key, values(line)) : null;
}
