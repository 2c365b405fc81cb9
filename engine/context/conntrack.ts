// The connection tracking entry of an attempt: /proc/net/nf_conntrack, or `conntrack` of
// conntrack-tools where the kernel has no such file or the table is long. Asked by questions.ts.
import { formatRange, parseAddress } from '../../contract/filter/address.ts';
import type { ConntrackContext, Tuple } from '../diagnosis/context.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { Asked } from './asked.ts';
import { askCollision } from './collision.ts';
import type { Place } from './place.ts';
import { numberOf } from './sysctls.ts';

/** The file is walked from its begin at each read on many kernels: beyond this the program is quicker. */
const LONG_TABLE = 5000;
const TUPLE = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;

function addressIn(text: string | undefined): string {
  const bytes = parseAddress(text ?? '');
  return bytes === null ? '' : formatRange({ bytes, bits: bytes.length * 8 });
}

/** A line of the file or of `conntrack -L`; null for one of another protocol. */
export function parseConntrack(line: string): ConntrackContext | null {
  const state = /\btcp\s+6\s+(?:\d+\s+)?([A-Z_\d]+)\s+src=/.exec(line)?.[1];
  const [original, reply] = [...line.matchAll(TUPLE)].map((match): Tuple => {
    const [, source, destination, sourcePort, destinationPort] = match;
    return {
      source: addressIn(source),
      sourcePort: Number(sourcePort),
      destination: addressIn(destination),
      destinationPort: Number(destinationPort),
    };
  });
  if (state === undefined || original === undefined || reply === undefined) return null;
  return { about: 'conntrack', original, reply, state, translated: !isTurned(original, reply) };
}

function isTurned(original: Tuple, reply: Tuple): boolean {
  return (
    original.source === reply.destination &&
    original.destination === reply.source &&
    original.sourcePort === reply.destinationPort &&
    original.destinationPort === reply.sourcePort
  );
}

/** The kernel writes IPv6 addresses in full. */
function inFull(address: string): string {
  if (!address.includes(':')) return address;
  const bytes = parseAddress(address) ?? [];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{4})(?!$)/g, '$1:');
}

/** The packets that this side sends: they are the original of an outgoing attempt, the reply of an accepted one. */
function needleOf({ localAddress, localPort, remoteAddress, remotePort }: Attempt): string {
  const [source, destination] = [inFull(localAddress), inFull(remoteAddress)];
  return `src=${source} dst=${destination} sport=${localPort} dport=${remotePort} `;
}

async function fromProgram(attempt: Attempt, place: Place, signal: AbortSignal) {
  const { localAddress, localPort, remoteAddress, remotePort, family } = attempt;
  const from = ['--orig-src', localAddress, '--sport', String(localPort)];
  const to = ['--orig-dst', remoteAddress, '--dport', String(remotePort)];
  const args = ['-G', '-f', family, '-p', 'tcp', ...from, ...to];
  const output = await place.run('conntrack', args, signal);
  return output?.code === 0 ? parseConntrack(output.text) : null;
}

async function fromFile(attempt: Attempt, place: Place, signal: AbortSignal) {
  const search = { needles: [needleOf(attempt)], most: 1 };
  const found = await place.search('nf_conntrack', search, signal);
  const [line] = found?.lines ?? [];
  const entry = line === undefined ? null : parseConntrack(line);
  return { entry, readable: found !== null };
}

async function entryIn(
  { attempt, machine, signal }: Asked,
  place: Place,
): Promise<ConntrackContext | null> {
  const values = await machine.sysctls.of(place, signal);
  const entries = values && numberOf(values, 'netfilter/nf_conntrack_count');
  if (entries === 0) return null;
  if ((entries ?? 0) > LONG_TABLE && !place.lacks('conntrack')) {
    const entry = await fromProgram(attempt, place, signal);
    if (entry !== null || !place.lacks('conntrack')) return entry;
  }
  const { entry, readable } = await fromFile(attempt, place, signal);
  return readable ? entry : await fromProgram(attempt, place, signal);
}

/** In the attempt's own namespace, else where a container's packets are translated on their way. */
async function findEntry(asked: Asked): Promise<ConntrackContext | null> {
  const { attempt, machine, place, signal } = asked;
  const own = await entryIn(asked, place);
  if (own?.translated) return own;
  for (const other of machine.namespaces.others(attempt.netns)) {
    if (signal.aborted) break;
    const { entry } = await fromFile(attempt, other, signal);
    if (entry?.translated) return entry;
  }
  return own;
}

/** Where NAT leads the attempt, if it does. */
export async function askTranslation(asked: Asked): Promise<void> {
  const entry = asked.attempt.localPort === 0 ? null : await findEntry(asked);
  if (entry?.translated) asked.tell(entry);
}

/** What is tracked, and whether a socket of this machine already has the tuple that came of it. */
export async function askConntrack(asked: Asked): Promise<void> {
  const { attempt, tell } = asked;
  if (attempt.localPort === 0) return;
  const entry = await findEntry(asked);
  if (entry) tell(entry);
  if (attempt.direction !== 'outgoing' || attempt.establishedNs !== null) return;
  await askCollision(asked, entry?.reply ?? turned(attempt));
}

/** The answer as it would look without NAT. */
function turned({ localAddress, localPort, remoteAddress, remotePort }: Attempt): Tuple {
  return {
    source: remoteAddress,
    sourcePort: remotePort,
    destination: localAddress,
    destinationPort: localPort,
  };
}
