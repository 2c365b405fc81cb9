// The three sets of tests: unit (anywhere), kernel (real eBPF, needs root) and ui
// (a real browser). `npm test` runs them in this order, see scripts/launch/test.mjs.
import { defineConfig } from 'vitest/config';

// An emulated machine is slower (test/kernels/): waits are longer, expectations the same.
const patience = Number(process.env.SYNSCOPE_TEST_PATIENCE ?? 1);
const shared = { environment: 'node', passWithNoTests: true } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          // Thousands of damaged sessions keep every core busy beside the quick tests.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          // One capture and one set of network namespaces at a time.
          fileParallelism: false,
          // A machine that is busy answers too late what explains a failure (engine/context/).
          maxConcurrency: 2,
          // Some kernels leave out runs of programs: docs/decisions/kernels-that-hide-tasks.md.
          retry: 1,
          testTimeout: 60_000 * patience,
          hookTimeout: 60_000 * patience,
        },
      },
      {
        test: {
          ...shared,
          name: 'ui',
          include: ['test/ui/**/*.test.ts'],
          fileParallelism: false,
          // Its live tests watch a real kernel, too.
          retry: 1,
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // A loaded machine paints later; a poll ends as soon as what it waits for is there.
          expect: { poll: { timeout: 5_000 * patience } },
        },
      },
    ],
  },
});
