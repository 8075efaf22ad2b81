import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that people and scripts can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that cannot be loaded has no tests that could fail.
      if (module.errors().length > 0) count.failed += 1;
    }
    console.log(
      `\n${count.passed.toString()} passed, ${count.failed.toString()} failed, ${count.skipped.toString()} skipped`,
    );
  }
}
