// Which questions are worth asking for which failure. Used by machine-context.ts.
import { errnoName } from '../../contract/errno.ts';
import { isOwnAddress } from '../diagnosis/facts.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Question } from './asked.ts';
import { askConntrack } from './conntrack.ts';
import { askConntrackTable } from './conntrack-table.ts';
import { askCounters } from './counters.ts';
import { askDescriptors } from './descriptors.ts';
import { askHolder } from './holder.ts';
import { askListener } from './listener.ts';
import { askPorts } from './ports.ts';
import { askRoute } from './route.ts';
import { askSettings } from './settings.ts';

/** Errors that connect(2), bind(2) and their like return before a packet is sent. */
const BY_ERROR: Readonly<Record<string, readonly Question[]>> = {
  EHOSTUNREACH: [askRoute],
  ENETUNREACH: [askSettings, askRoute],
  EADDRNOTAVAIL: [askSettings, askPorts, askRoute],
  EADDRINUSE: [askHolder],
  EMFILE: [askDescriptors],
  EPERM: [askConntrackTable, askRoute],
  EACCES: [askConntrackTable, askRoute],
  EINVAL: [askRoute],
  EAFNOSUPPORT: [askSettings],
  ENOBUFS: [askCounters],
  ENOMEM: [askCounters],
};

const NO_ANSWER: readonly Question[] = [
  ...[askCounters, askSettings, askConntrackTable, askConntrack, askRoute],
];

/** Cheapest first; empty when nothing that can be asked would tell. */
export function questionsFor(attempt: Attempt): readonly Question[] {
  const { outcome, establishedNs, direction, errno, call } = attempt;
  const own = isOwnAddress(attempt);
  const known = errno === 0 ? undefined : BY_ERROR[errnoName(errno)];
  if (call !== null) return known ?? [];
  switch (outcome) {
    case 'refused':
      return own ? [askListener] : [];
    case 'reset':
      return [askCounters];
    case 'timed-out':
    case 'abandoned':
      if (establishedNs !== null) return [askCounters, askSettings, askRoute];
      if (direction === 'accepted') return [askCounters, askConntrackTable, askRoute];
      return own ? [askListener, ...NO_ANSWER] : NO_ANSWER;
    case 'unreachable':
      return known ?? [askRoute];
    default:
      return known ?? [];
  }
}
