// "Ask its thread for its stack now": from an attempt to the event that has the stacks, or to
// the reason why there are none. Runs in the writer worker; the kernel is asked through the
// addon, the answer comes as a record (engine/lifecycle/thread-stacks.ts).
import type { Capture, ThreadWanted } from '../../contract/addon.ts';
import type { AskedThread } from '../../contract/api.ts';
import type { AttemptId, Milliseconds } from '../../contract/units.ts';
import type { Attempt } from '../lifecycle/attempt.ts';
import type { ThreadAnswer, ThreadStacks, ThreadTold } from '../lifecycle/thread-stacks.ts';
import { Problem } from '../problem.ts';

/** A thread that runs just now may wait a moment later. */
const TRIES = 5;
const BETWEEN_MS: Milliseconds = 20;

/** How long the names of a stack are waited for. */
const NAMED_MS: Milliseconds = 3000;

interface Parts {
  readonly capture: Pick<Capture, 'hooks' | 'askThread'>;
  readonly threads: ThreadStacks;
  /** Whether a row of the table `stack` still waits for its names. */
  readonly isUnnamed: (stack: number) => boolean;
  /** Brings everything that is known into the file. */
  readonly commit: () => void;
}

export class ThreadQuestions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Resolves once the stacks can be read, with their names; rejects with the `Problem` that there are none. */
  async ask(id: AttemptId): Promise<AskedThread> {
    this.#requireHook();
    const { event, stacks } = await this.#told(id);
    if (event === 0) {
      throw new Problem('unwritten', 'The stack could not be written to the session file.');
    }
    const deadline = performance.now() + NAMED_MS;
    while (stacks.some(this.#parts.isUnnamed) && performance.now() < deadline) await rest();
    this.#parts.commit();
    return { event };
  }

  async #told(id: AttemptId): Promise<ThreadTold> {
    for (let tries = 1; ; tries++) {
      const asked = this.#parts.threads.begin(id);
      if ('not' in asked) throw cannotAsk(asked.not);
      const answer = await this.#answer(asked.wanted);
      if (answer === 'gone') throw notThere(asked.attempt, asked.wanted.tid);
      if (answer !== 'running') return answer;
      if (tries === TRIES) throw busy(asked.attempt);
      await rest();
    }
  }

  async #answer(wanted: ThreadWanted): Promise<ThreadAnswer> {
    try {
      await this.#parts.capture.askThread(wanted);
    } catch {
      // It is refused for one reason only: the capture is being closed.
      this.#parts.threads.end(wanted.request);
      throw new Problem('no-capture', 'The capture ends, so no thread can be asked.');
    }
    return this.#parts.threads.end(wanted.request);
  }

  #requireHook(): void {
    const hook = this.#parts.capture.hooks.find(({ family }) => family === 'thread-stack');
    if (hook?.attached) return;
    throw new Problem(
      'not-supported',
      `Its thread cannot be asked here: ${hook ? `${hook.hook}: ${hook.problem}` : 'this capture has no hook for it'}.`,
      'Linux 5.18 and later can. The stack that was taken at its connect is shown, where there is one.',
    );
  }
}

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
}

function cannotAsk(why: 'over' | 'unknown'): Problem {
  return why === 'over'
    ? new Problem('attempt-over', 'This connection has ended: its thread has gone on.')
    : new Problem('no-thread', 'Which thread makes this connection is not known.');
}

function nameOf({ owner }: Attempt): string {
  return `${owner?.comm ?? '?'} (${owner?.pid ?? '?'})`;
}

function notThere(attempt: Attempt, tid: number): Problem {
  return tid === 0
    ? new Problem(
        'no-thread',
        `No thread of ${nameOf(attempt)} waits in connect(2) for this connection, and which one asked for it was not seen.`,
      )
    : new Problem('no-thread', `Thread ${tid} of ${nameOf(attempt)} has ended.`);
}

function busy(attempt: Attempt): Problem {
  return new Problem(
    'thread-running',
    `The thread of ${nameOf(attempt)} was running each of ${TRIES} times: only one that waits can be asked.`,
    'Ask again.',
  );
}
