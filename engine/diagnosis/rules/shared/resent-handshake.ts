// The SYNs, or SYN-ACKs, that were sent again before a connection stood. Used by the rules
// about handshakes that took their time.
import { CLOSE, ESTABLISHED, SYN_SENT } from '../../../lifecycle/tcp-state.ts';
import type { RetransmitDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import type { Claim, Param, Told } from '../../rule.ts';
import { duration, times } from '../../words.ts';

const NS_PER_MS = 1_000_000;

export function resentFacts(facts: Facts) {
  const { attempt } = facts;
  const again = facts.events.filter(isOfHandshake);
  const beganNs = attempt.startedNs ?? attempt.beginNs;
  // An accepted one begins for us with the first of them: the SYN before it was not seen.
  const timed = attempt.direction === 'accepted' ? [] : again;
  return {
    events: {
      syn: facts.change(CLOSE, SYN_SENT),
      resent: again.at(-1) ?? null,
      stood: facts.change(null, ESTABLISHED),
    },
    params: {
      segments: 1 + (attempt.trouble?.handshakeResent ?? 0),
      resentAtMs: timed.map(({ timeNs }) => Math.round((timeNs - beganNs) / NS_PER_MS)).join(' '),
    } as Record<string, Param>,
  };
}

function isOfHandshake({ kind, detail }: EventNote): boolean {
  if (kind === 'synack-retransmit') return true;
  return kind === 'retransmit' && (detail as RetransmitDetail | null)?.state === 'SYN_SENT';
}

/** What was sent again: by the side that this machine is. */
export function segmentName({ row }: Told): string {
  return row.direction === 'accepted' ? 'SYN-ACK' : 'SYN';
}

/** `the SYN was sent 3 times (again after 1.02 s, 3.07 s)` */
export function resentClaims(told: Told): Claim[] {
  const after = told
    .text('resentAtMs', '')
    .split(' ')
    .flatMap((each) => (/^\d{1,9}$/.test(each) ? [duration(Number(each))] : []))
    .slice(0, 12);
  const when = after.length === 0 ? '' : ` (again after ${after.join(', ')})`;
  const count = told.number('segments', told.row.retransmits + 1);
  return [
    { text: 'the first SYN', event: 'syn' },
    { text: `the ${segmentName(told)} was sent ${times(count)}${when}`, event: 'resent' },
    { text: 'then the connection stood', event: 'stood' },
  ];
}
