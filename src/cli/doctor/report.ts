import { say, sayJson } from '../output.js';
import type { CheckedFinding } from './check.js';
import type { Level } from './finding.js';

const LEVEL_WIDTH = 'warning'.length;
const CHECK_WIDTH = 'data directory'.length;
const INDENT = ' '.repeat(LEVEL_WIDTH + 2 + CHECK_WIDTH + 2);

/** Prints what was found: a line for each, another for what to do, and at last how many there are of each kind. */
export function report(findings: readonly CheckedFinding[], json: boolean): void {
  const count = (wanted: Level): number => findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (json) {
    sayJson({ problems, warnings, findings });
    return;
  }
  for (const { level, check, message, advice } of findings) {
    say(`${level.padEnd(LEVEL_WIDTH)}  ${check.padEnd(CHECK_WIDTH)}  ${message}`);
    if (advice !== undefined) say(`${INDENT}→ ${advice}`);
  }
  say(`${number(problems, 'problem')}, ${number(warnings, 'warning')}, ${count('ok')} ok.`);
}

function number(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
