import { describe, expect, it } from 'vitest';
import { ATTACK_NAMES } from './all-attacks.js';
import { runAttacks } from './contract.js';
import { PROBE_TIMEOUT_MS } from './probe.js';
import { BOUNDS, broken, printVerdict } from './report.js';

/**
 * `npm run test:attacks` measures times. Here every request must be answered: an attack is over after four seconds, all of
 * which its first burst may take, 20,000 greetings for instance.
 */
const ANSWERED = { ...BOUNDS, cut: 0, nodesP95Ms: PROBE_TIMEOUT_MS, healthMs: PROBE_TIMEOUT_MS };

// Addresses of attackers, and processes, are as Linux has them.
describe.skipIf(process.platform !== 'linux')('attacks on the server', { timeout: 300_000 }, () => {
  it('cost regular nodes no message, readers no answer, and the server limited memory', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const verdict = await runAttacks(
      { attacks: ATTACK_NAMES, seconds: 4, seed: 7, fresh: false, main: process.env.TEST_SERVER_MAIN },
      print,
    );
    printVerdict(verdict, ANSWERED, print);
    expect(broken(verdict, ANSWERED), lines.join('\n')).toEqual([]);
    expect(verdict.attacks).toHaveLength(ATTACK_NAMES.length);
    expect(verdict.acknowledged).toBeGreaterThan(5_000);
  });
});
