// An error that a person reads, thrown by the engine and turned into an ApiError by the
// shells: what happened, what it means, what to do next.
import type { ApiError } from '../contract/api.ts';

/** Where in a filter text the trouble is, in characters. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** Thrown by engine functions for what a person did or can repair; anything else is a defect. */
export class Problem extends Error {
  readonly code: string;
  readonly sentence: string;
  readonly fix: string | null;
  readonly at: Place | null;

  constructor(code: string, sentence: string, fix: string | null = null, at: Place | null = null) {
    super(sentence);
    this.name = 'Problem';
    this.code = code;
    this.sentence = sentence;
    this.fix = fix;
    this.at = at;
  }

  /** The plain object that crosses a thread, an IPC port or a socket. */
  toApiError(): ApiError {
    const { code, sentence, fix, at } = this;
    return at === null ? { code, sentence, fix } : { code, sentence, fix, at };
  }
}

/** Any thrown value as an ApiError; a defect gets the code `internal`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof Problem) return thrown.toApiError();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', sentence: `Synscope could not do this: ${message}`, fix: null };
}
