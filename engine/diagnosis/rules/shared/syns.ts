// SYNs that nobody answered: how many, when, and how long the kernel would have gone on.
// Used by the rules about silence and its causes.
import type { ResetDetail, RetransmitDetail } from '../../../session/detail.ts';
import type { EventNote, Facts } from '../../facts.ts';
import type { Claim, Param, Told } from '../../rule.ts';
import { duration, plural, times } from '../../words.ts';
import { wasConnected } from './connected.ts';

const CLOSE = 7;
const SYN_SENT = 2;
const NS_PER_MS = 1_000_000;

/** The handshake of a connection of this machine ended without the answer that it waited for. */
export function isUnanswered(facts: Facts): boolean {
  const { outcome, direction } = facts.attempt;
  return (
    (outcome === 'timed-out' || outcome === 'abandoned') &&
    direction !== 'accepted' &&
    !wasConnected(facts)
  );
}

/** Long enough for an answer to be missed: one second, or a SYN that was sent again. */
export function hasWaited({ attempt, lastedMs }: Facts): boolean {
  return attempt.retransmits > 0 || lastedMs >= 1000;
}

/** A claim that no event proves: that is what it says. */
const DROPS_SKIPPED =
  'meanwhile this machine threw away more packets than are told of one by one: those of this connection may be among them';

export interface Syns {
  readonly events: Readonly<Record<'syn' | 'resent' | 'settings', { id: number } | null>>;
  readonly params: Readonly<Record<string, Param | null>>;
}

export function synFacts(facts: Facts): Syns {
  const resent = facts.events.filter(isSyn);
  const { startedNs, beginNs, retransmits } = facts.attempt;
  const settings = facts.context('settings');
  return {
    events: {
      syn: facts.change(CLOSE, SYN_SENT),
      resent: resent.at(-1) ?? null,
      settings,
    },
    params: {
      syns: 1 + retransmits,
      resentAtMs: resent
        .map(({ timeNs }) => Math.round((timeNs - (startedNs ?? beginNs)) / NS_PER_MS))
        .join(' '),
      synRetries: settings?.detail.synRetries,
      linearTimeouts: settings?.detail.linearTimeouts,
      givesUpMs: settings?.detail.givesUpMs,
      dropsSkipped: facts.attempt.dropsSkipped || null,
    } as Record<string, Param | null>,
  };
}

function isSyn({ kind, detail }: EventNote): boolean {
  return kind === 'retransmit' && (detail as RetransmitDetail | null)?.state === 'SYN_SENT';
}

/** How many SYNs went out: what the row counts, where the finding does not say. */
export function synCount(told: Told): number {
  return told.number('syns', told.row.retransmits + 1);
}

/** `the SYN was sent 3 times: at once, after 1.02 s and 3.07 s` */
export function synClaims(told: Told): Claim[] {
  const count = synCount(told);
  const after = told
    .text('resentAtMs', '')
    .split(' ')
    .flatMap((each) => (/^\d{1,9}$/.test(each) ? [duration(Number(each))] : []))
    .slice(0, 12);
  const when = after.length === 0 ? '' : ` (again after ${after.join(', ')})`;
  const claims: Claim[] = [{ text: 'the first SYN', event: 'syn' }];
  if (count > 1) {
    claims.push({ text: `the SYN was sent ${times(count)}${when}`, event: 'resent' });
  }
  if (told.flag('dropsSkipped')) claims.push({ text: DROPS_SKIPPED });
  if (told.has('givesUpMs')) claims.push({ text: sayPatience(told), event: 'settings' });
  return claims;
}

function sayPatience(told: Told): string {
  const retries = plural(told.number('synRetries'), 'retry', 'retries');
  const linear = told.number('linearTimeouts');
  const evenly = linear === 0 ? '' : `, the first ${linear} of them a second apart`;
  return `tcp_syn_retries allows ${retries}${evenly}: the kernel gives up after ${duration(told.number('givesUpMs'))}`;
}

/**
 * The RST that this machine sent while it waited for a SYN-ACK: an ACK had come that does not
 * fit (RFC 9293, 3.10.7.3), as one does from a socket that holds an older connection.
 */
export function answerToWrongAck(facts: Facts): EventNote | null {
  const fits = ({ kind, detail }: EventNote) =>
    kind === 'reset-sent' && (detail as ResetDetail | null)?.state === 'SYN_SENT';
  return facts.events.findLast(fits) ?? null;
}
