// Which notices are news: those that stand are told again with every connection.
import type { Notice } from '../wire/types.ts';

/** Whether the log has this very notice. */
export function isTold(log: readonly Notice[], notice: Notice): boolean {
  return log.some(
    (line) =>
      line.key === notice.key &&
      line.at === notice.at &&
      JSON.stringify(line.params) === JSON.stringify(notice.params),
  );
}
