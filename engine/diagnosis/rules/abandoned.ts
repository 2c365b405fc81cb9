// The caller took the connection back before there was an answer.
import { SYN_SENT } from '../../lifecycle/tcp-state.ts';
import type { CallDetail, StateDetail } from '../../session/detail.ts';
import type { Facts } from '../facts.ts';
import { found, type Rule, type Told } from '../rule.ts';
import { duration, namedProgram, remote, tryCommand, who, whoFirst } from '../words.ts';
import { synClaims, synFacts } from './shared/syns.ts';

const CLOSE = 7;

/** A jiffy at HZ=100 is the shortest that SO_SNDTIMEO can be. */
const SHORTEST_TIMEOUT_NS = 10_000_000;

/** How the caller did it. */
type Way = 'ended' | 'closed' | 'own-timeout' | 'other' | 'unknown';

const CLAIMS: Readonly<Record<Way, string>> = {
  ended: 'the socket was closed because its process was ending',
  closed: 'the socket was closed by a call of the program',
  'own-timeout': 'connect(2) came back without an answer, and the socket was closed',
  other: 'the socket was closed by another process',
  unknown: 'the socket left SYN_SENT without an error',
};

export const abandoned: Rule = {
  id: 'abandoned',
  title: 'given up by the caller',
  match(facts) {
    if (facts.attempt.outcome !== 'abandoned') return null;
    const end = facts.change(SYN_SENT, CLOSE);
    const detail = (end?.detail ?? null) as StateDetail | null;
    const { events, params } = synFacts(facts);
    return found(
      detail?.inTask === true ? 'certain' : 'likely',
      { end, ...events },
      { ...params, way: wayOf(facts, detail), comm: detail?.by?.comm, pid: detail?.by?.pid },
    );
  },
  tell(told) {
    const { row } = told;
    const way = wayNamed(told.text('way', ''));
    const after = row.durationMs === null ? '' : ` after ${duration(row.durationMs)}`;
    return {
      sentence: `${sayWay(told, way, after)} without an answer from ${remote(row)}${sayRest(told)}.`,
      claims: [{ text: CLAIMS[way], event: 'end' }, ...synClaims(told)],
      next: [
        row.retransmits > 0
          ? `Why does ${remote(row)} not answer? No RST and no ICMP came: a filter that drops, a host that is down, or a lost way back.`
          : 'Was the answer only slow? No SYN had to be sent again yet: compare with the round-trip time to that address.',
        'If another address of the same name was connected at that moment, this one lost a race (Happy Eyeballs), and nothing is wrong.',
        way === 'ended'
          ? 'Who ended the process? Its log, its supervisor and the journal tell.'
          : 'The user stack at close shows the code whose patience ended.',
      ],
      command: tryCommand(row.remoteAddress, row.remotePort, '-vz -w 10'),
    };
  },
};

function wayOf(facts: Facts, detail: StateDetail | null): Way {
  if (detail?.exiting) return 'ended';
  if (detail?.by) return 'other';
  if (waitedInCall(facts)) return 'own-timeout';
  return detail?.inTask ? 'closed' : 'unknown';
}

/** A blocking connect(2) answers EINPROGRESS when SO_SNDTIMEO ran out; others do so at once. */
function waitedInCall(facts: Facts): boolean {
  const connect = facts.last('connect');
  const detail = (connect?.detail ?? null) as CallDetail | null;
  if (!connect || detail?.result !== 'EINPROGRESS' || detail.nonblocking) return false;
  const { startedNs } = facts.attempt;
  return startedNs !== null && connect.timeNs - startedNs >= SHORTEST_TIMEOUT_NS;
}

function wayNamed(name: string): Way {
  return Object.hasOwn(CLAIMS, name) ? (name as Way) : 'unknown';
}

function sayWay(told: Told, way: Way, after: string): string {
  const { row } = told;
  switch (way) {
    case 'ended':
      return `The process ${who(row)} ended${after} while it was connecting,`;
    case 'own-timeout':
      return `The send timeout of ${who(row)} (SO_SNDTIMEO) ran out${after}`;
    case 'other':
      return `${namedProgram(told, 'Another process')} closed the connection of ${who(row)}${after}`;
    default:
      return `${whoFirst(row)} gave up${after}`;
  }
}

/** What the kernel would have done. */
function sayRest(told: Told): string {
  const givesUpMs = told.number('givesUpMs');
  if (givesUpMs <= 0 || givesUpMs <= (told.row.durationMs ?? 0)) return '';
  return `; the kernel would have gone on until ${duration(givesUpMs)}`;
}
