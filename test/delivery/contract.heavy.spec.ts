import { describe, expect, it } from 'vitest';
import { runContract } from './contract.js';
import { isKept, printVerdict } from './report.js';
import type { FaultKind } from './schedule/fault-kinds.js';

/** One of each sort. `npm run test:delivery` has all kinds, and more of each. */
const KINDS: FaultKind[] = [
  'postgres frozen',
  'link cut within COPY',
  'link cut after COMMIT',
  'postgres restored',
  'server stopped',
  'machine killed',
  'sockets reset',
  'journal disk full',
  'journal damaged',
];

// Processes are stopped and found as Linux has them.
describe.skipIf(process.platform !== 'linux')('under faults', { timeout: 180_000 }, () => {
  it('every message is stored once, or counted with a reason', async () => {
    const lines: string[] = [];
    const verdict = await runContract(
      {
        seed: 7,
        messages: 20_000,
        faults: KINDS.length,
        kinds: KINDS,
        nodes: 30,
        rate: 2_000,
        replicas: 2,
        longestMs: 2_000,
        limitMs: 120_000,
        // A test that is killed would leave it behind.
        mount: false,
        main: process.env.TEST_SERVER_MAIN,
      },
      (line) => lines.push(line),
    );
    printVerdict(verdict, (line) => lines.push(line));
    expect(isKept(verdict), lines.join('\n')).toBe(true);
    expect(verdict.due).toBeGreaterThan(19_000);
    expect(Object.keys(verdict.faults).length).toBeGreaterThanOrEqual(KINDS.length - 1);
  });
});
