// Medians and percentiles of small samples.

/** The value below which a share of the sample lies (nearest rank); NaN without a sample. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** The middle value; NaN without a sample. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The middle half of a sample as text, e.g. `0.91–0.96`. */
export function middleHalf(values: readonly number[], digits: number): string {
  const ends = [percentile(values, 0.25), percentile(values, 0.75)];
  return ends.map((end) => end.toFixed(digits)).join('–');
}
