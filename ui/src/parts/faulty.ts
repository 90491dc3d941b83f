// Which fields of a form cannot be read: said once by the form, shown by each field.
import { getContext, setContext } from 'svelte';

const FAULTY = Symbol('faulty');

/** `labels` of the fields that cannot be read, as it is now. */
export function provideFaulty(labels: () => ReadonlySet<string>): void {
  setContext(FAULTY, labels);
}

/** Whether the field of this label is among them. */
export function useFaulty(): (label: string) => boolean {
  const labels = getContext<(() => ReadonlySet<string>) | undefined>(FAULTY);
  return (label) => labels?.().has(label) ?? false;
}
