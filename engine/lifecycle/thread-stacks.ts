// Threads that a person asks for their stacks: which one makes a connection, and what the
// kernel told of it (bpf/thread_stack.bpf.c). Asked by engine/workers/thread-questions.ts.
import type { ThreadWanted } from '../../contract/addon.ts';
import { ThreadPlace, type ThreadStackEventReader } from '../../contract/generated/events.ts';
import type { AttemptId } from '../../contract/units.ts';
import type { ThreadStackDetail } from '../session/detail.ts';
import type { Attempt } from './attempt.ts';
import type { Desk } from './desk.ts';

/** An attempt whose thread can be asked, or why there is none. */
export type Askable =
  | { readonly attempt: Attempt; readonly wanted: ThreadWanted }
  | { readonly not: 'over' | 'unknown' };

/** What a thread told: the event, 0 when it could not be written, and the rows of its stacks. */
export interface ThreadTold {
  readonly event: number;
  readonly stacks: readonly number[];
}

/** `gone`: there is no such thread. */
export type ThreadAnswer = 'gone' | 'running' | ThreadTold;

interface Question {
  readonly attempt: Attempt;
  answer: ThreadAnswer;
}

const PLACES: Readonly<Record<number, ThreadStackDetail['in']>> = {
  [ThreadPlace.IN_CONNECT]: 'connect',
  [ThreadPlace.IN_CALL]: 'another call',
  [ThreadPlace.IN_PROGRAM]: 'no call',
};

export class ThreadStacks {
  readonly #desk: Desk;
  readonly #questions = new Map<number, Question>();
  #lastRequest = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The question that the kernel is to be asked; `end` takes the answer. */
  begin(id: AttemptId): Askable {
    const attempt = this.#find(id);
    if (!attempt || attempt.ended) return { not: 'over' };
    const { owner, cookie, tid, establishedNs } = attempt;
    // Of a connection that was there before the capture the thread in its connect will do.
    if (!owner || cookie === null || (tid === null && establishedNs !== null)) {
      return { not: 'unknown' };
    }
    this.#lastRequest++;
    const request = this.#lastRequest;
    this.#questions.set(request, { attempt, answer: 'gone' });
    const wanted = { request, cookie: BigInt(cookie), tgid: owner.pid, tid: tid ?? 0 };
    return { attempt, wanted };
  }

  #find(id: AttemptId): Attempt | null {
    for (const attempt of this.#desk.live.values()) if (attempt.id === id) return attempt;
    return null;
  }

  take(event: ThreadStackEventReader): void {
    const question = this.#questions.get(event.requestNumber);
    // Two threads may wait in connect(2) for one socket.
    if (question && typeof question.answer !== 'object') {
      question.answer = this.#answer(question.attempt, event);
    }
  }

  #answer(attempt: Attempt, event: ThreadStackEventReader): ThreadAnswer {
    const { task, place } = event;
    // The numbers may have been given to another process meanwhile.
    if (this.#desk.processes.of(task) !== attempt.owner) return 'gone';
    if (place === ThreadPlace.RUNNING) return 'running';
    const { stacks, journal, clock } = this.#desk;
    const { tid, threadComm } = task;
    const userStack = stacks.row(event.userStackId);
    const detail: ThreadStackDetail = {
      tid,
      ...(threadComm !== attempt.owner?.comm && { thread: threadComm }),
      in: PLACES[place] ?? 'another call',
      ...(userStack === 0 && { stack: 'unreadable' }),
    };
    const kernelStack = stacks.row(event.kernelStackId);
    const timeNs = clock.at(event.header);
    const row = journal.event(attempt, timeNs, 'thread-stack', detail, 0, kernelStack, userStack);
    return { event: row, stacks: [kernelStack, userStack] };
  }

  /** Every record of the request has been taken. */
  end(request: number): ThreadAnswer {
    const answer = this.#questions.get(request)?.answer ?? 'gone';
    this.#questions.delete(request);
    return answer;
  }
}
