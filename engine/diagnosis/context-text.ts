// A piece of context in plain words: one line for the list of events. The detail may be of
// another version, or of a stranger's file.

interface LooseDetail {
  readonly [key: string]: unknown;
}

/** `Nobody listened at that address`, … */
export function sayContext(detail: LooseDetail): string {
  switch (detail['about']) {
    case 'listener':
      return sayListener(detail);
    default:
      return `Context: ${String(detail['about'] ?? 'unknown')}`;
  }
}

function sayListener({ pid, comm, listeners }: LooseDetail): string {
  if (listeners === 0) return 'Nobody listened at that address';
  const owner = typeof comm === 'string' ? comm : 'a process that is not known';
  return `${owner}${typeof pid === 'number' ? ` (pid ${pid})` : ''} listened at that address`;
}
