/** What a server says at ERROR when these faults happen: a person is to act, and here the test is that person. */
const EXPECTED = [
  /The journal cannot be written. Batches are held in memory only/,
  /are damaged and lost/,
  /The system clock is .* the database clock/,
  // The next fault came while it was at it, and it tries again.
  /The missing tables of the database could not be created: .*terminating connection/,
  /The journal directory .* was removed or moved/,
];

/** Lines at ERROR that no fault explains. */
export function unexpectedErrors(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /\bERROR\b/.test(line) && !EXPECTED.some((expected) => expected.test(line)));
}
