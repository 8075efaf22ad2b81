import type { AttackName } from './all-attacks.js';
import type { AttacksVerdict } from './contract.js';

export interface AttackBounds {
  /** 95 of 100 requests for `GET /nodes` are answered within: milliseconds. */
  nodesP95Ms: number;
  /** Each request for `GET /health/live`: milliseconds. */
  healthMs: number;
  /** Resident memory of the server: MiB. */
  rssMib: number;
  /** Requests for `GET /nodes` that may fail. */
  failed: number;
  /** Responses that the server aborts, at least, if an attack stalls them. */
  cut: number;
}

export const BOUNDS: AttackBounds = { nodesP95Ms: 500, healthMs: 1_000, rssMib: 700, failed: 0, cut: 1 };

/** What an attack makes the server buffer of responses, at least: otherwise it is none. */
const STALLS: Partial<Record<AttackName, { heldMib: number }>> = {
  'clients that do not read': { heldMib: 4 },
};

/** What is not as it should be: empty where the server holds. */
export function broken(verdict: AttacksVerdict, bounds: AttackBounds): string[] {
  const found = [...verdict.problems];
  for (const attack of verdict.attacks) {
    const { name, nodesP95Ms, failed, requests, healthMaxMs, rssPeakMib, heldPeakMib, cut, isAlive } = attack;
    if (!isAlive) found.push(`${name}: the server has ended`);
    if (!(nodesP95Ms <= bounds.nodesP95Ms))
      found.push(`${name}: p95 of GET /nodes ${nodesP95Ms.toFixed(0)} ms`);
    if (requests === 0 || failed > bounds.failed)
      found.push(`${name}: ${failed.toString()} of ${requests.toString()} GET /nodes failed`);
    const stalls = STALLS[name];
    if (stalls !== undefined && (heldPeakMib < stalls.heldMib || cut < bounds.cut))
      found.push(
        `${name}: only ${heldPeakMib.toFixed(1)} MiB of answers were held, and ${cut.toString()} cut`,
      );
    if (!(healthMaxMs <= bounds.healthMs))
      found.push(`${name}: GET /health/live ${healthMaxMs.toFixed(0)} ms`);
    if (!(rssPeakMib <= bounds.rssMib))
      found.push(`${name}: ${rssPeakMib.toFixed(0)} MiB of resident memory`);
  }
  const { missing, twice, changed, acknowledged } = verdict;
  if (missing > 0) found.push(`${missing.toString()} messages of nodes that behave are lost`);
  if (twice > 0) found.push(`${twice.toString()} messages are stored twice`);
  if (changed > 0) found.push(`${changed.toString()} messages are changed`);
  if (acknowledged === 0) found.push('no message was acknowledged');
  return found;
}

/** Prints the verdict for people, and as one JSON object in the last line for scripts. */
export function printVerdict(
  verdict: AttacksVerdict,
  bounds: AttackBounds,
  print: (line: string) => void,
): void {
  const { attacks, problems, ...loss } = verdict;
  print(
    `Bounds: p95 of GET /nodes ${bounds.nodesP95Ms.toString()} ms and ${bounds.failed.toString()} failed, ` +
      `GET /health/live ${bounds.healthMs.toString()} ms, ` +
      `${bounds.rssMib.toString()} MiB of resident memory, no acknowledged message lost or stored twice.`,
  );
  for (const [name, value] of Object.entries(loss)) print(`  ${name.padEnd(14)} ${value.toString()}`);
  const found = broken(verdict, bounds);
  for (const line of found) print(`  ! ${line}`);
  print(
    found.length === 0 ? `The server held ${attacks.length.toString()} attacks.` : 'THE SERVER DID NOT HOLD.',
  );
  print(JSON.stringify({ ...loss, attacks, problems }));
}
