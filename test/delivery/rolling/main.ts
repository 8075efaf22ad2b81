import { readOptions } from '../../support/read-options.js';
import { runRollingRestart } from './rolling-restart.js';

/** Of the rate that was asked for, so much has to be sent. */
const LEAST_SHARE = 0.95;

const { nodes, rate, rounds, minutes, requests, seed, main } = readOptions({
  nodes: 500,
  /** Messages a second, of all nodes together. */
  rate: 2000,
  /** How often each of the two servers is restarted. */
  rounds: 5,
  /** Over which that is spread. */
  minutes: 4,
  /** A second, over HTTP. */
  requests: 10,
  seed: 1,
});
const print = (line: string): void => console.log(line);
const { sockets, gaps, delays, findings, problems, ...result } = await runRollingRestart(
  { nodes, rate, rounds, lengthMs: minutes * 60_000, questionsPerSecond: requests, seed, main },
  print,
);
const { sent, due, unread, stored, rejected, missing, twice, wrong, restarts, answered, passedBy } = result;
const table = {
  restarts,
  longest_restart_s: Number(result.longestRestartS.toFixed(1)),
  sent_per_s: Math.round(sent / result.sendSeconds),
  sent,
  due,
  unread,
  stored,
  rejected_with_a_reason: rejected + result.notKept,
  missing,
  twice,
  wrong,
  sockets_closed_by_server: sockets.closed_by_server,
  sockets_broken: sockets.broken,
  gap_p50_s: Number(gaps.p50.toFixed(2)),
  gap_longest_s: Number(gaps.longest.toFixed(2)),
  delivery_p50_s: Number(delays.p50.toFixed(3)),
  delivery_p99_s: Number(delays.p99.toFixed(3)),
  delivery_longest_s: Number(delays.longest.toFixed(3)),
  questions_answered: answered,
  pages_answered: passedBy,
  questions_failed: problems.length,
};
console.table(table);
for (const line of [...findings, ...problems]) print(`! ${line}`);
print(JSON.stringify(table));
const kept =
  missing + twice + wrong + unread + sockets.broken + problems.length === 0 &&
  table.sent_per_s >= LEAST_SHARE * rate;
process.exitCode = kept ? 0 : 1;
