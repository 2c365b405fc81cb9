// What the kernel counted while an attempt lasted: in its namespace, and in that of its peer when
// that is on this machine, since a full backlog is counted where it is full. Asked by questions.ts.
import { isOwnAddress } from '../diagnosis/facts.ts';
import type { Asked } from './asked.ts';

export async function askCounters({ attempt, machine, signal, tell }: Asked): Promise<void> {
  const { netns, remoteAddress, beginNs } = attempt;
  const peers = isOwnAddress(attempt)
    ? []
    : await machine.namespaces.withAddress(remoteAddress, netns, signal);
  const all = [netns, ...peers.map((place) => place.netns)];
  const sum: Record<string, number> = {};
  let known = false;
  for (const each of all) {
    const rose = machine.counters.rise(each, beginNs);
    known ||= rose !== null;
    for (const [name, by] of Object.entries(rose ?? {})) sum[name] = (sum[name] ?? 0) + by;
  }
  if (known) tell({ about: 'counters', rose: sum });
}
