// The rows of a sheet that an import leaves out.
import type { ImportProblem } from '../wire/types.ts';

/** Whether what is wrong is named cell by cell: a file with more than is named, or with no room left, says so itself. */
export function namesAll(problems: readonly ImportProblem[]): boolean {
  return problems.every(({ column }) => column !== '');
}

/** How many rows are named as left out; what is wrong with the file as a whole names no column. */
export function rowsLeftOut(problems: readonly ImportProblem[]): number {
  const lines = problems.filter(({ taken, column }) => !taken && column !== '').map(({ line }) => line);
  return new Set(lines).size;
}
