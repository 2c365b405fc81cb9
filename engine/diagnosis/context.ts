// What the machine looked like when an attempt failed: facts that no event of the attempt
// carries, asked for at its end and recorded as events of kind `context`. Gathered by
// engine/context/, read by the rules.

/** Who listens at the address that was asked, in that network namespace. */
export interface ListenerContext {
  readonly about: 'listener';
  /** How many sockets listen there; 0 = nobody. */
  readonly listeners: number;
  /** Of the first of them, as far as its owner is known. */
  readonly pid: number | null;
  readonly comm: string | null;
}

export type ContextDetail = ListenerContext;
export type ContextAbout = ContextDetail['about'];
