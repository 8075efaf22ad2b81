/** What a server says at ERROR when these faults happen: a person is to act, and here the test is that person. */
const EXPECTED = [
  /Batches are kept in memory only/,
  /cannot be read and are lost/,
  /The clock of this machine is .* the database's/,
  // The next fault came while it was at it, and it tries again.
  /The tables of the database cannot be made anew: .*terminating connection/,
  /The directory of the journal, .* was removed or moved/,
];

/** Lines at ERROR that no fault explains. */
export function unexpectedErrors(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /\bERROR\b/.test(line) && !EXPECTED.some((expected) => expected.test(line)));
}
