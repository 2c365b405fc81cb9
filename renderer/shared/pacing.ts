// Pacing of questions to the engine: at most one under way, the latest wanted one next,
// and never more often than an interval. What keeps the window calm at 5,000 events/s.

export interface Pacer {
  /** Asks for a run. Runs that were asked for meanwhile become one. */
  request(): void;
  /** As `request`, without waiting for the interval: a person did something. */
  now(): void;
  stop(): void;
}

/**
 * @param run the question; its promise says when the next may start. Must not reject.
 * @param intervalMs least time between the starts of two runs.
 */
export function pace(run: () => Promise<void>, intervalMs: number): Pacer {
  let running = false;
  let wanted = false;
  let urgent = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let startedAt = Number.NEGATIVE_INFINITY;

  const schedule = (): void => {
    if (running || !wanted) return;
    if (timer !== null) clearTimeout(timer);
    const wait = urgent ? 0 : Math.max(0, startedAt + intervalMs - performance.now());
    timer = setTimeout(start, wait);
  };

  const start = (): void => {
    timer = null;
    running = true;
    wanted = false;
    urgent = false;
    startedAt = performance.now();
    void run().finally(() => {
      running = false;
      schedule();
    });
  };

  return {
    request() {
      wanted = true;
      if (timer === null) schedule();
    },
    now() {
      wanted = true;
      urgent = true;
      schedule();
    },
    stop() {
      wanted = false;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
