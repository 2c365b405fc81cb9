// How full the table of tracked connections is. Asked by questions.ts.
import type { ConntrackTableContext } from '../diagnosis/context.ts';
import type { Asked } from './asked.ts';
import type { Place } from './place.ts';
import { numberOf, type Sysctls } from './sysctls.ts';

/** Null where nothing is tracked. */
export function tellConntrackTable(values: Sysctls): ConntrackTableContext | null {
  const entries = numberOf(values, 'netfilter/nf_conntrack_count');
  const most = numberOf(values, 'netfilter/nf_conntrack_max');
  if (entries === null || most === null || most === 0) return null;
  return { about: 'conntrack-table', entries, most };
}

/** Of the namespace of the attempt, or of Synscope's own, through which a container's packets go: whichever is fuller. */
export async function askConntrackTable(asked: Asked): Promise<void> {
  const { attempt, place, machine, signal, tell } = asked;
  const gateway = machine.namespaces.others(attempt.netns).find(({ own }) => own);
  const places: Place[] = gateway ? [place, gateway] : [place];
  let fullest: ConntrackTableContext | null = null;
  for (const each of places) {
    const values = await machine.sysctls.of(each, signal);
    const table = values && tellConntrackTable(values);
    if (table && table.entries / table.most >= (fullest ? fullest.entries / fullest.most : 0)) {
      fullest = table;
    }
  }
  if (fullest) tell(fullest);
}
