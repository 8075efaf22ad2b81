import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUILT_IN } from './built-in.js';
import { listScenarios, loadScenario } from './load-scenario.js';
import { readScenario } from './scenario.js';
import { ScenarioError } from './scenario-fields.js';

describe('a scenario', () => {
  it('has defaults for all fields', () => {
    expect(readScenario({})).toMatchObject({
      nodes: 20,
      chains: [{ name: 'Simnet', slotSeconds: 6, finality: { blocks: [2, 3] } }],
      verbosity: { '9': 1 },
    });
  });

  it('is unchanged when it is read again', () => {
    for (const name of Object.keys(BUILT_IN)) {
      const scenario = loadScenario(name);
      expect(readScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
    }
  });

  it.each([
    [null, 'The scenario is null, but must be an object with description, nodes'],
    [{ nodes: 'many' }, 'nodes is "many", but must be an integer from 1 to 10000.'],
    [{ nodes: 1.5 }, 'nodes is 1.5, but must be an integer'],
    [{ colour: 'red' }, 'colour is unknown; known fields are description, nodes, audit, chains,'],
    [{ chains: [] }, 'chains is [], but must be a list of 1 to 50 elements.'],
    [{ chains: [{}] }, 'chains[0].name is missing; it must be a text of up to 100 characters.'],
    [
      { chains: [{ name: 'A', slotSeconds: 0 }] },
      'chains[0].slotSeconds is 0, but must be a number from 0.1',
    ],
    [
      { chains: [{ name: 'A', consensus: 'pow' }] },
      'chains[0].consensus is "pow", but must be one of babe, aura.',
    ],
    [{ chains: [{ name: 'A' }, { name: 'A' }] }, 'chains has the name A twice with the same salt.'],
    [{ chains: [{ name: 'A', weight: 0 }] }, 'a weight above 0'],
    [
      { chains: [{ name: 'A', finality: { stalls: [{ afterMinutes: 1 }] } }] },
      'chains[0].finality.stalls[0].forMinutes is missing; it must be a number',
    ],
    [
      { peers: { connected: [5, 2] } },
      'peers.connected is [5,2], but must be a minimum followed by a maximum.',
    ],
    [{ peers: { connected: 5 } }, 'peers.connected is 5, but must be a list of two numbers'],
    [{ peers: { connected: [1, -2] } }, 'peers.connected[1] is -2, but must be an integer'],
    [
      { software: { gear: 1 } },
      'software.gear is unknown; software must be an object with weights for some of tetcore,',
    ],
    [{ verbosity: { '9': -1 } }, 'verbosity.9 is -1, but must be a number from 0'],
    [{ verbosity: { '9': 0 } }, 'at least one above 0'],
    [{ verbosity: 9 }, 'verbosity is 9, but must be an object with weights for some of 0, 1'],
  ])('%j is rejected with the field, its value and the valid values', (value, message) => {
    expect(() => readScenario(value)).toThrow(ScenarioError);
    expect(() => readScenario(value)).toThrow(message);
  });
});

describe('loading a scenario', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'scenario-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => {
    const path = join(folder, 'mine.json');
    writeFileSync(path, text);
    return path;
  };

  it('finds listed scenarios', () => {
    expect(listScenarios().map(({ name }) => name)).toEqual(Object.keys(BUILT_IN));
    for (const { name, description } of listScenarios()) {
      expect(loadScenario(name).description).toBe(description);
    }
  });

  it('reads a file, and applies overrides', () => {
    const path = write('{ "nodes": 5, "audit": 1, "chains": [{ "name": "Mine" }] }');
    expect(loadScenario(path, { nodes: 7 })).toMatchObject({
      nodes: 7,
      audit: 1,
      chains: [{ name: 'Mine' }],
    });
  });

  it('reports errors of a file with its name', () => {
    const path = write('{ "nodes": 0 }');
    expect(() => loadScenario(path)).toThrow(`${path}: nodes is 0, but must be an integer from 1 to 10000.`);
    expect(() => loadScenario(write('{ "nodes": '))).toThrow(/mine\.json is not JSON: /);
    expect(() => loadScenario(write('[1]'))).toThrow('must be an object with');
    expect(() => loadScenario(join(folder, 'other.json'))).toThrow(/neither one of small, .*\(ENOENT\)/);
  });
});
