/** Lines at the end of a help, each a command line and what it is for. */
export function examples(...lines: readonly (readonly [commandLine: string, about: string])[]): string {
  const width = Math.max(...lines.map(([commandLine]) => commandLine.length));
  const rows = lines.map(([commandLine, about]) => `  ${commandLine.padEnd(width)}  ${about}`);
  return `\n${['Examples:', ...rows].join('\n')}`;
}
