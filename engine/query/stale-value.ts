// A computed value that is kept until the session changes and, while the session is being
// written, a little longer in proportion to what it cost: reading never takes more than a
// quarter of a core, at any size of session. Used by reader.ts and order-cache.ts.

/** How many times the time that it took to compute a value may be used after a change. */
const REUSE_FACTOR = 3;

interface Kept<T> {
  readonly value: T;
  readonly dataVersion: number;
  readonly madeAtMs: number;
  readonly costMs: number;
}

export class StaleValue<T> {
  private readonly kept = new Map<string, Kept<T>>();
  private readonly limit: number;

  /** Keeps the values of the `limit` most recently asked keys. */
  constructor(limit = 6) {
    this.limit = limit;
  }

  /** Whether `get` would answer without computing. */
  has(key: string, dataVersion: number): boolean {
    const known = this.kept.get(key);
    return known !== undefined && isUsable(known, dataVersion);
  }

  forget(key: string): void {
    this.kept.delete(key);
  }

  get(key: string, dataVersion: number, compute: () => T): T {
    const known = this.kept.get(key);
    this.kept.delete(key);
    const usable = known !== undefined && isUsable(known, dataVersion);
    const kept = usable ? known : make(dataVersion, compute);
    this.kept.set(key, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > this.limit && oldest !== undefined) this.kept.delete(oldest);
    return kept.value;
  }
}

function isUsable(known: Kept<unknown>, dataVersion: number): boolean {
  if (known.dataVersion === dataVersion) return true;
  return performance.now() - known.madeAtMs < known.costMs * REUSE_FACTOR;
}

function make<T>(dataVersion: number, compute: () => T): Kept<T> {
  const begunAtMs = performance.now();
  const value = compute();
  const madeAtMs = performance.now();
  return { value, dataVersion, madeAtMs, costMs: madeAtMs - begunAtMs };
}
