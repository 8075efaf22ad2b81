/** Writes a line, with the time of day before it. */
export function print(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
}

/** Simulated time as output has it, to the minute. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}
