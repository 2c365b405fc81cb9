// The self check of `synscope doctor`: one connection over loopback, and whether it was
// both seen and counted, by Synscope and by the kernel.
import { connect, createServer } from 'node:net';
import type { Completeness } from '../contract/completeness.ts';
import type { Engine } from '../engine/engine-types.ts';
import { completenessText } from './completeness.ts';
import type { Finding } from './doctor-findings.ts';

/** On a machine that is not overloaded the rows are there in 0.1 s. */
const SOON_MS = 3000;

/** Opens a connection to this process and closes it; resolves with the listener's port. */
async function connectToOurselves(): Promise<number> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise<void>((resolve, reject) => {
    connect(port, '127.0.0.1').once('error', reject).once('close', resolve).resume();
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Attempts of the live session that have this port at one end. */
async function attemptsWith(engine: Engine, port: number): Promise<number> {
  const selection = {
    filter: `lport = ${port} or rport = ${port}`,
    failedOnly: false,
    upToId: null,
    range: null,
  };
  const sort = { column: 'started', descending: true } as const;
  const query = { session: 'live', selection, sort, offset: 0, limit: 10 };
  return (await engine.call('attempts', query)).total;
}

/** Both ends of our connection are rows. */
async function bothSeen(engine: Engine, port: number): Promise<boolean> {
  return (await attemptsWith(engine, port)) >= 2;
}

/** Waits a while for both ends; false does not say yet that they will not come. */
async function bothSeenSoon(engine: Engine, port: number, soonMs: number): Promise<boolean> {
  const deadline = performance.now() + soonMs;
  do {
    if (await bothSeen(engine, port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (performance.now() < deadline);
  return false;
}

function seenText(soon: boolean, seen: boolean, seconds: number): string {
  if (soon) return 'a connection over loopback was seen at both ends';
  if (!seen) return 'a connection over loopback was not seen';
  const late = `only ${seconds.toFixed(1)} s later, when the capture ended`;
  return `a connection over loopback was seen at both ends, ${late}: this machine is very slow or busy`;
}

function inspectCounts(completeness: Completeness | null): Finding {
  const name = 'counted';
  if (completeness === null) {
    const found = 'the counters of the kernel (/proc/net/snmp) cannot be read';
    return { name, level: 'warn', found, fix: 'Mount /proc, or run outside of the sandbox.' };
  }
  const level = completeness.differs ? 'warn' : 'ok';
  return { name, level, found: completenessText(completeness).join('; '), fix: null };
}

/** Connects, looks for it, ends the capture and holds it against the kernel's counters. */
export async function checkOurselves(engine: Engine, soonMs = SOON_MS): Promise<Finding[]> {
  const port = await connectToOurselves();
  const beganAt = performance.now();
  const soon = await bothSeenSoon(engine, port, soonMs);
  // The end of a capture takes whatever is still under way, however long that takes: what is
  // not there afterwards was not seen.
  await engine.stopCapture();
  const seen = soon || (await bothSeen(engine, port));
  const found = seenText(soon, seen, (performance.now() - beganAt) / 1000);
  const { completeness } = await engine.call('status', { session: 'live' });
  return [
    { name: 'self check', level: seen ? 'ok' : 'fail', found, fix: null },
    inspectCounts(completeness),
  ];
}
