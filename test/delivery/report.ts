import type { Verdict } from './contract.js';

/** Whether the promise was kept. */
export function isKept({ missing, twice, wrong, problems }: Verdict): boolean {
  return missing === 0 && twice === 0 && wrong === 0 && problems.length === 0;
}

/** Prints the verdict for people, and as one JSON object in the last line for scripts. */
export function printVerdict(verdict: Verdict, print: (line: string) => void): void {
  const { faults, sockets, findings, problems, ...numbers } = verdict;
  const rows: [string, number | string][] = [
    ...Object.entries(faults).sort(([a], [b]) => a.localeCompare(b)),
    ['faults', Object.values(faults).reduce((sum, times) => sum + times, 0)],
    ['kinds of faults', Object.keys(faults).length],
    ...Object.entries(sockets).map(([end, times]): [string, number] => [`sockets ${end}`, times]),
    ['processes of servers', numbers.processes],
    ['a full disk is', numbers.diskFull],
    ['sent', numbers.sent],
    ['sent, and not read by a server', numbers.unread],
    ['due', numbers.due],
    ['stored', numbers.stored],
    ['rejected, with a reason', numbers.rejected],
    ['rejected, counted only', numbers.notKept],
    ['gone with the database', numbers.gone],
    ['damaged, and counted', numbers.damaged],
    ['missing', numbers.missing],
    ['stored twice', numbers.twice],
    ['wrong', numbers.wrong],
    ['peak of resident memory, MiB', Math.round(numbers.peakMib)],
    ['seconds of sending', Number(numbers.sendSeconds.toFixed(1))],
    ['seconds until all was delivered', Number(numbers.deliverySeconds.toFixed(1))],
  ];
  for (const [name, value] of rows) print(`  ${name.padEnd(36)} ${value}`);
  for (const finding of findings) print(`  ! ${finding}`);
  for (const problem of problems) print(`  ! ${problem}`);
  print(isKept(verdict) ? 'The promise was kept.' : 'THE PROMISE WAS BROKEN.');
  print(JSON.stringify(verdict));
}
