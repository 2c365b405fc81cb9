// The writer worker: its thread loads the addon, runs the capture and writes the session
// file, so that neither windows nor queries stall it. Started by engine/engine.ts.
import { parentPort, workerData } from 'node:worker_threads';
import type { ApiError } from '../../contract/api.ts';
import type { AttemptId } from '../../contract/units.ts';
import { loadAddon } from '../capture/addon.ts';
import { asApiError, Problem } from '../problem.ts';
import { captureProblem } from './capture-problem.ts';
import { CaptureRun } from './capture-run.ts';
import type { FromWriter, ToWriter, WriterOptions } from './messages.ts';

const port = parentPort;
if (!port) throw new Error('engine/workers/writer.ts runs as a worker of engine/engine.ts');
const options: WriterOptions = workerData;

function post(message: FromWriter): void {
  port?.postMessage(message);
}

function asProblem(error: unknown): ApiError {
  return error instanceof Problem ? asApiError(error) : captureProblem(error);
}

function start(): CaptureRun | null {
  try {
    return new CaptureRun(loadAddon(), options, {
      counters: (counters) => post({ type: 'counters', counters }),
      ended: (ids) => post({ type: 'ended', ids }),
      alert: (alert) => post({ type: 'alert', alert }),
    });
  } catch (error) {
    post({ type: 'failed', problem: asProblem(error) });
    return null;
  }
}

const run = start();
if (run) {
  post({ type: 'started' });
  const askThread = async (call: number, attempt: AttemptId): Promise<void> => {
    const answer = await run.threads.ask(attempt).catch(asApiError);
    post({ type: 'thread-asked', call, answer });
  };
  port.on('message', async (message: ToWriter) => {
    if (message.type === 'ask') {
      post({ type: 'here' });
    } else if (message.type === 'ask-thread') {
      await askThread(message.call, message.attempt);
    } else if (message.type === 'stop') {
      post({ type: 'stopped', open: await run.stop() });
    } else {
      run.seal();
      port.close();
    }
  });
}
