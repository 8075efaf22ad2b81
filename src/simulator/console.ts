/** Prints a line with the time of day. */
export function print(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
}

/** Formats simulated time, to the minute. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16);
}
