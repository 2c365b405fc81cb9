// A reporter for vitest that writes how many tests passed, failed and were skipped, and
// why, and which passed only when tried again, for the last line of `npm test` (scripts/launch/test.mjs).
// With SYNSCOPE_TEST_PROGRESS it also prints a line for each test, for a machine so slow that a
// file of tests takes minutes (test/kernels/guest.sh).
import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestResult } from 'vitest/node';

/** What failed before it passed. */
function firstError({ errors = [] }: TestResult): string {
  const [message = ''] = errors[0]?.message.split('\n') ?? [];
  return message === '' ? '' : ` (${message})`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export default class SumsReporter implements Reporter {
  private passed = 0;
  private failed = 0;
  private readonly skipped: { name: string; why: string }[] = [];
  /** Passed, but not the first time. */
  private readonly retried: string[] = [];
  /** Files in which something failed. */
  private readonly failedFiles = new Set<string>();

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (test.diagnostic()?.flaky) this.retried.push(`${test.fullName}${firstError(result)}`);
    if (process.env.SYNSCOPE_TEST_PROGRESS) say(`@test ${result.state} ${test.fullName}`);
    if (result.state === 'passed') this.passed += 1;
    else if (result.state === 'failed') this.failed += 1;
    else if (result.state === 'skipped')
      this.skipped.push({ name: test.fullName, why: result.note ?? '' });
  }

  /** A file that could not be read counts as one failure. */
  onTestModuleEnd(module: TestModule): void {
    if (module.errors().length > 0) this.failed += 1;
    if (!module.ok()) this.failedFiles.add(module.relativeModuleId);
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly unknown[]): void {
    const path = process.env.SYNSCOPE_TEST_SUMS;
    if (path === undefined) return;
    const { passed, skipped, retried } = this;
    const failed = this.failed + errors.length;
    const failedFiles = [...this.failedFiles];
    writeFileSync(path, JSON.stringify({ passed, failed, skipped, retried, failedFiles }));
  }
}
