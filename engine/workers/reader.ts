// The reader worker: answers queries from one session, so that a large sort never delays
// the writer. Started by engine/workers/reader-host.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { asApiError } from '../problem.ts';
import { type FromReader, LIVE, type ReaderCall, type ToReader } from './messages.ts';
import { ReaderMethods } from './reader-methods.ts';

const port = parentPort;
if (!port) throw new Error('engine/workers/reader.ts runs as a worker of engine/engine.ts');

function post(message: FromReader): void {
  port?.postMessage(message);
}

const methods = new ReaderMethods(
  (notice) => post({ type: 'notice', notice }),
  typeof workerData === 'string' ? workerData : LIVE,
);
/** Calls that came while the live session's file was released; null otherwise. */
let held: ReaderCall[] | null = null;

async function answer({ id, method, params }: ReaderCall): Promise<void> {
  try {
    // The host's `call` ties the parameters to the method.
    const run = methods.implementation[method] as (params: unknown) => unknown;
    post({ type: 'result', id, result: await run(params) });
  } catch (error) {
    post({ type: 'error', id, error: asApiError(error) });
  }
}

function reopen(): void {
  methods.reopenLive();
  const calls = held ?? [];
  held = null;
  for (const call of calls) void answer(call);
  post({ type: 'reopened' });
}

port.on('message', (message: ToReader) => {
  if (message.type === 'call') {
    if (held) held.push(message);
    else void answer(message);
  } else if (message.type === 'live') {
    methods.openLive(message.path, message.counters);
  } else if (message.type === 'counters') {
    methods.takeCounters(message.counters);
  } else if (message.type === 'release') {
    held = [];
    methods.releaseLive();
    post({ type: 'released' });
  } else {
    reopen();
  }
});
