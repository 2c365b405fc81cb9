// A piece of context in plain words: one line for the list of events. The detail may be of
// another version, or of a stranger's file.
import type { ContextAbout } from './context.ts';

interface LooseDetail {
  readonly [key: string]: unknown;
}

/** No name, address or state of a kernel is longer. */
const LONGEST = 120;
const MOST_COUNTERS = 40;

const SAID: Readonly<Record<ContextAbout, (detail: LooseDetail) => string>> = {
  listener: sayListener,
  route: sayRoute,
  neighbour: sayNeighbour,
  ports: sayPorts,
  conntrack: sayConntrack,
  'conntrack-table': ({ entries, most }) =>
    `Connection tracking: ${number(entries)} of ${number(most)} entries in use`,
  nat: () => 'NAT: rules of this network namespace may lead its connections elsewhere',
  descriptors: ({ open, limit }) => `Descriptors: ${number(open)} open, ${number(limit)} allowed`,
  files: ({ open, most }) => `Open files of the machine: ${number(open)}${sayMost(most)}`,
  settings: saySettings,
  holder: sayHolder,
  collision: sayCollision,
  counters: sayCounters,
};

/** `Nobody listened at that address`, … */
export function sayContext(detail: LooseDetail): string {
  const about = String(detail['about'] ?? 'unknown');
  const say = Object.hasOwn(SAID, about) ? SAID[about as ContextAbout] : null;
  return say ? say(detail) : `Context: ${about.slice(0, LONGEST)}`;
}

function number(value: unknown): number | string {
  return typeof value === 'number' ? value : '?';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST) : '?';
}

function objects(value: unknown): readonly LooseDetail[] {
  const isObject = (each: unknown): each is LooseDetail =>
    typeof each === 'object' && each !== null;
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function end(address: unknown, port: unknown): string {
  const where = text(address);
  return `${where.includes(':') ? `[${where}]` : where}:${number(port)}`;
}

function whose({ pid, comm }: LooseDetail): string {
  const name = typeof comm === 'string' ? text(comm) : 'a process that is not known';
  return `${name}${typeof pid === 'number' ? ` (pid ${pid})` : ''}`;
}

/** systemd sets fs.file-max to the largest number that there is. */
function sayMost(most: unknown): string {
  return Number.isSafeInteger(most) ? ` of ${most}` : ', without a limit';
}

function sayListener(detail: LooseDetail): string {
  const { listeners, elsewhere, ended, ipv6Only, device, maybeIpv6Only } = detail;
  if (listeners !== 0) {
    const full = detail['full'] === true ? '; its accept queue was full' : '';
    const dropped = detail['dropped'] === true ? '; it threw packets of handshakes away' : '';
    const unless = ', unless it takes IPv6 only: that could not be asked';
    return `${whose(detail)} listened at that address${full}${dropped}${maybeIpv6Only === true ? unless : ''}`;
  }
  const others = Array.isArray(elsewhere) ? elsewhere.slice(0, 8).map(text).join(', ') : '';
  const but = others === '' ? '' : `, but somebody on the same port of ${others}`;
  const only = ipv6Only === true ? ', which takes IPv6 only' : '';
  const bound = typeof device === 'string' ? `, bound to ${text(device)}` : '';
  const past = Array.isArray(ended) ? ended.slice(0, 8).map(text).join(', ') : '';
  const gone = past === '' ? '' : `; a listener on the same port of ${past} has ended meanwhile`;
  return `Nobody listened at that address${but}${only}${bound}${gone}`;
}

function sayRoute(detail: LooseDetail): string {
  const { found, many, device, gateway, source, error } = detail;
  const only =
    detail['withoutSource'] === undefined ? '' : '; from another local address there is one';
  if (found !== true) return `No route${saySocket(detail)}: ${text(error)}${only}`;
  return [
    `Route: ${typeof many === 'string' ? `${text(many)}, ` : ''}through ${text(device)}`,
    typeof gateway === 'string' ? ` via ${text(gateway)}` : ', directly',
    typeof source === 'string' ? `, from ${text(source)}` : '',
    saySocket(detail),
  ].join('');
}

/** ` for a socket bound to tun0 (down), marked 0x5`; nothing for any other. */
function saySocket({ bound, boundState, mark }: LooseDetail): string {
  const state = boundState === 'up' || boundState === undefined ? '' : ` (${text(boundState)})`;
  const words = [
    typeof bound === 'string' ? `bound to ${text(bound)}${state}` : '',
    typeof mark === 'number' ? `marked 0x${mark.toString(16)}` : '',
  ].filter((each) => each !== '');
  return words.length === 0 ? '' : ` for a socket ${words.join(', ')}`;
}

function sayNeighbour({ address, state, device, deviceState }: LooseDetail): string {
  const where = `${text(address)} on ${text(device)}`;
  if (state === 'NONE') return `Neighbour ${where}: nothing is known of it`;
  const link = deviceState === undefined ? '' : ` (the interface: ${text(deviceState)})`;
  return `Neighbour ${where}: ${text(state)}${link}`;
}

function sayPorts({ first, last, used, timeWait, holders }: LooseDetail): string {
  const all = typeof first === 'number' && typeof last === 'number' ? last - first + 1 : '?';
  const most = objects(holders)
    .slice(0, 8)
    .map((each) => `${whose(each)}: ${number(each['count'])}`);
  const by = most.length === 0 ? '' : `; ${most.join(', ')}`;
  return `Local ports towards that destination: ${number(used)} of ${all} in use, ${number(timeWait)} of them in TIME_WAIT${by}`;
}

function tuple(value: unknown): string {
  const [each = {}] = objects([value]);
  const { source, sourcePort, destination, destinationPort } = each;
  return `${end(source, sourcePort)} → ${end(destination, destinationPort)}`;
}

function sayConntrack({ original, reply, state, translated }: LooseDetail): string {
  const answer = translated === true ? `, translated: answers are ${tuple(reply)}` : '';
  return `Connection tracking: ${tuple(original)} in ${text(state)}${answer}`;
}

function saySettings(detail: LooseDetail): string {
  const { synRetries, linearTimeouts, givesUpMs, ipv6Disabled, unprivilegedPort } = detail;
  const seconds = typeof givesUpMs === 'number' ? Math.round(givesUpMs / 1000) : '?';
  const linear =
    typeof linearTimeouts === 'number' && linearTimeouts > 0
      ? `, tcp_syn_linear_timeouts ${linearTimeouts}`
      : '';
  const six = ipv6Disabled === true ? '; IPv6 is disabled' : '';
  const moved = typeof unprivilegedPort === 'number' && unprivilegedPort !== 1024;
  const ports = moved ? `; ports below ${unprivilegedPort} are privileged` : '';
  return `Settings: tcp_syn_retries ${number(synRetries)}${linear}: the kernel gives up after ${seconds} s${six}${ports}`;
}

function sayHolder(detail: LooseDetail): string {
  const { address, port, state } = detail;
  return `${end(address, port)} is held by ${whose(detail)}, in ${text(state)}`;
}

function sayCollision(detail: LooseDetail): string {
  const { local, localPort, peer, peerPort, state } = detail;
  const socket = `${end(local, localPort)} → ${end(peer, peerPort)}`;
  return `An older socket has the tuple that the SYN arrives with: ${socket} in ${text(state)}, of ${whose(detail)}`;
}

function sayCounters({ rose, deferred }: LooseDetail): string {
  const [each = {}] = objects([rose]);
  const told = Object.entries(each)
    .slice(0, MOST_COUNTERS)
    .map(([name, by]) => `${text(name)} by ${number(by)}`);
  if (typeof deferred === 'number') {
    told.push(`TCPDeferAcceptDrop, since shortly before, by ${deferred}`);
  }
  if (told.length === 0) return 'Counters of the kernel: none of those that explain failures rose';
  return `Counters of the kernel that rose meanwhile: ${told.join(', ')}`;
}
