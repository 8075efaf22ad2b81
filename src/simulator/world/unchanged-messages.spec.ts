import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../scenarios/load-scenario.js';
import { TruthLog } from '../truth/truth-log.js';
import { SimulatedNetwork } from './network.js';
import type { WorldObserver } from './observer.js';

const startAt = Date.UTC(2021, 1, 9, 9);

/** A digest of everything that happens on the sockets of 15 nodes in 12 minutes. */
function digest(name: string, observer?: WorldObserver): string {
  const hash = createHash('sha256');
  const options = observer === undefined ? {} : { observer };
  const network = new SimulatedNetwork({
    scenario: loadScenario(name),
    nodes: 15,
    seed: 1,
    startAt,
    ...options,
  });
  for (const event of network.events()) {
    if (event.at >= startAt + 12 * 60_000) break;
    hash.update(`${event.kind} ${event.at} ${event.kind === 'message' ? event.text : ''}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

// Histories of measurements and tests are repeated by their seeds. A new field of scenarios must not change those without it.
// Update a digest if you change the messages of all on purpose.
describe('the messages of a seed', () => {
  it.each([
    ['small', '5605fd56c3805bce'],
    ['mainnet', 'd175394684460ad4'],
    ['forks', 'a42d286ebf3526bc'],
    ['finality-stall', '3431c9b41563323a'],
    ['troubled', '0a56f813780c99df'],
    ['outages', 'd746990b40d7482c'],
    ['identities', '1fcbf9ec28d8a40d'],
  ])('are those of earlier builds: %s', (name, expected) => {
    expect(digest(name)).toBe(expected);
  });

  it.each(['troubled', 'history'])('are the same when the world is observed: %s', (name) => {
    let lines = 0;
    const observed = digest(name, new TruthLog({ write: () => (lines += 1) }));
    expect(lines).toBeGreaterThan(1_000);
    expect(observed).toBe(digest(name));
  });
});
