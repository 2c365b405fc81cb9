// The host's end of the writer worker. Used by engine/engine.ts.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Alert } from '../../contract/alerts.ts';
import type { AskedThread } from '../../contract/api.ts';
import type { AttemptId } from '../../contract/units.ts';
import { Problem } from '../problem.ts';
import type { LiveCounters } from '../query/status.ts';
import type { FromWriter, ToWriter, WriterOptions } from './messages.ts';
import { workerUrl } from './worker-url.ts';

export interface WriterListener {
  counters(counters: LiveCounters): void;
  ended(ids: readonly AttemptId[]): void;
  /** The worker has not answered for some seconds: a write does not return, or its disk. */
  stuck(sentence: string): void;
  alert(alert: Alert): void;
  /** The worker failed after it had started. */
  died(problem: { readonly sentence: string; readonly fix: string }): void;
}

type Answer = Extract<FromWriter, { type: 'thread-asked' }>['answer'];
const ENDED: Answer = {
  code: 'no-capture',
  sentence: 'The capture has ended, so no thread can be asked.',
  fix: 'Start Synscope again.',
};

/** Questions without an answer until the worker counts as stuck, one a second. */
const STUCK_AFTER = 5;
const ASK_MS = 1000;
const STUCK = `The session file has not been written for ${STUCK_AFTER} seconds: its disk may not answer. Events wait for it in memory; those that find no room there are counted as lost.`;

export class WriterHost {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  #alive = true;
  /** Counted, not timed: while this process is stopped nothing is asked either. */
  #unanswered = 0;
  #asking: NodeJS.Timeout | undefined;
  #lastCall = 0;
  readonly #threadCalls = new Map<number, (answer: Answer) => void>();

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.once('exit', () => {
      this.#alive = false;
      clearInterval(this.#asking);
      for (const answer of this.#threadCalls.values()) answer(ENDED);
    });
  }

  /** Resolves once the hooks are in force; rejects with the `Problem` that prevents it. */
  static async start(options: WriterOptions, listener: WriterListener): Promise<WriterHost> {
    const worker = new Worker(workerUrl('writer'), {
      workerData: options,
      name: 'synscope-writer',
    });
    const host = new WriterHost(worker);
    const started = new Promise<void>((resolve, reject) => {
      worker.on('message', (message: FromWriter) => {
        if (message.type === 'started') resolve();
        else if (message.type === 'here') host.#unanswered = 0;
        else if (message.type === 'failed') reject(asProblem(message.problem));
        else if (message.type === 'counters') listener.counters(message.counters);
        else if (message.type === 'ended') listener.ended(message.ids);
        else if (message.type === 'alert') listener.alert(message.alert);
        else if (message.type === 'thread-asked')
          host.#threadCalls.get(message.call)?.(message.answer);
      });
      worker.on('error', (error: unknown) => {
        const sentence = error instanceof Error ? error.message : String(error);
        reject(new Problem('writer', sentence));
        listener.died({ sentence, fix: 'What was seen until then is kept. Start Synscope again.' });
      });
      worker.once('exit', (code) => {
        reject(new Problem('writer', `The capture ended before it had begun (status ${code}).`));
      });
    });
    await started;
    // Not before: to attach may take seconds.
    host.#asking = setInterval(() => host.#ask(listener), ASK_MS).unref();
    return host;
  }

  #ask(listener: WriterListener): void {
    if (this.#unanswered === STUCK_AFTER) listener.stuck(STUCK);
    this.#unanswered++;
    if (this.#unanswered === 1) this.#post({ type: 'ask' });
  }

  #post(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  /** Rejects with the `Problem` that there is no stack to be had. */
  async askThread(attempt: AttemptId): Promise<AskedThread> {
    this.#lastCall++;
    const call = this.#lastCall;
    const answer = await new Promise<Answer>((resolve) => {
      this.#threadCalls.set(call, resolve);
      if (this.#alive) this.#post({ type: 'ask-thread', call, attempt });
      else resolve(ENDED);
    });
    this.#threadCalls.delete(call);
    if ('code' in answer) throw asProblem(answer);
    return answer;
  }

  /** Detaches and commits; returns the attempts that had not ended. */
  async stop(): Promise<readonly AttemptId[]> {
    if (!this.#alive) return [];
    const stopped = new Promise<readonly AttemptId[]>((resolve) => {
      this.#worker.on('message', (message: FromWriter) => {
        if (message.type === 'stopped') resolve(message.open);
      });
      this.#exited.then(() => resolve([]));
    });
    this.#post({ type: 'stop' });
    return stopped;
  }

  /** Makes one file of the session; to be called when nobody reads it. */
  async seal(): Promise<void> {
    if (!this.#alive) return;
    const exited = once(this.#worker, 'exit');
    this.#post({ type: 'seal' });
    await exited;
  }
}

function asProblem({
  code,
  sentence,
  fix,
}: {
  code: string;
  sentence: string;
  fix: string | null;
}): Problem {
  return new Problem(code, sentence, fix);
}
