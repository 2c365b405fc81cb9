// A listener without room, in words: which of its queues was full, and what that cost. From
// engine/lifecycle/listeners.ts, told by alerts.ts.
import { endpoint, plural, program, shown } from '../diagnosis/words.ts';
import { isSynQueueFull, type Pressure } from '../lifecycle/listeners.ts';

/** One sentence or two. */
export function pressureText(pressure: Pressure): string {
  const { listener, port, dropped, full, cookies } = pressure;
  const { owner, address } = listener;
  const who = owner ? program(owner.comm, owner.pid) : 'a process that is not known';
  const where = `The listener of ${who} at ${endpoint(shown(address), port)}`;
  const sentences = [
    ...(dropped > 0 && full !== null ? [`${where} ${sayDropped(pressure)}.`] : []),
    ...(cookies ? [`${where} answers by SYN cookies: ${sayCookies(pressure)}.`] : []),
  ];
  return sentences.join(' ');
}

/** With tcp_syncookies at 2 the kernel sends them always (tcp_conn_request). */
function sayCookies(pressure: Pressure): string {
  return isSynQueueFull(pressure)
    ? 'its SYN queue is full'
    : 'its SYN queue was full, or net.ipv4.tcp_syncookies is 2 (always)';
}

function sayDropped(pressure: Pressure): string {
  const packets = plural(pressure.dropped, 'packet');
  return `threw away ${packets} of handshakes, since it had no room; ${sayQueue(pressure)}`;
}

function sayQueue(pressure: Pressure): string {
  const { full, acceptQueue, acceptQueueMost, synQueue } = pressure;
  const accepting = `${plural(acceptQueue, 'connection')} of at most ${acceptQueueMost}`;
  if (full === 'syn') {
    const handshakes = plural(synQueue, 'handshake');
    return isSynQueueFull(pressure)
      ? `its SYN queue is full, with ${handshakes}`
      : `its SYN queue was full, and now has ${handshakes}`;
  }
  return acceptQueue > acceptQueueMost
    ? `its accept queue is full, with ${accepting}`
    : `its accept queue was full, and now has ${accepting}`;
}
