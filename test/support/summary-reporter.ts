import type { Reporter, TestModule } from 'vitest/node';

const LISTED = 10;

/** Ends a run with the files that took longest, and one plain line that people and scripts can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that cannot be loaded has no tests that could fail.
      if (module.errors().length > 0) count.failed += 1;
    }
    console.log(`\nThe slowest files, in seconds:\n${slowest(modules).join('\n')}`);
    console.log(
      `\n${count.passed.toString()} passed, ${count.failed.toString()} failed, ${count.skipped.toString()} skipped`,
    );
  }
}

/** With the time for loading what a file imports. */
function slowest(modules: readonly TestModule[]): string[] {
  return modules
    .map((module) => {
      const { duration, collectDuration, setupDuration } = module.diagnostic();
      return { file: module.relativeModuleId, seconds: (duration + collectDuration + setupDuration) / 1_000 };
    })
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, LISTED)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)}  ${file}`);
}
