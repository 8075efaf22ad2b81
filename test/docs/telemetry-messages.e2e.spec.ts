import { describe, expect, it } from 'vitest';
import {
  listScenarios,
  loadScenario,
  MESSAGE_TYPES,
  SimulatedNetwork,
  type NodeMessage,
} from '../../src/simulator/index.js';
import { codesIn, readProjectFile, tableUnder } from '../support/markdown.js';
import { developmentMessages, kusamaMessages } from '../support/real-messages.js';

type Fields = Record<string, unknown>;

/** A field of the page: its name may be a path, in which `*` is any key. */
interface Field {
  kinds: string[];
  optional: boolean;
}

interface TypeOnPage {
  /** The types of the same heading, which have the same fields. */
  siblings: string[];
  fields: Map<string, Field>;
  /** What fields with fields of their own are called, with a dot: `state.`, `state.connectedPeers.*.`. */
  parents: Set<string>;
  examples: Fields[];
}

const HOLDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  digits: (value) => typeof value === 'string' && /^\d+$/.test(value),
  hash: (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  integer: (value) => Number.isInteger(value),
  json: (value) => typeof value === 'string' && /^[[{"]/.test(value) && JSON.parse(value) !== undefined,
  list: (value) => Array.isArray(value),
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: (value) => isObject(value),
  span: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 64,
  string: (value) => typeof value === 'string',
};

const page = readProjectFile('docs/telemetry-messages.md');
const types = readTypes(page);
const contents = tableUnder(page, '## Types').filter(([type = '']) => codesIn(type).length > 0);
const played = play();

describe('docs/telemetry-messages.md', () => {
  it('lists the types that the simulator sends, in its contents as in its headings', () => {
    const catalogue = MESSAGE_TYPES.map(({ msg }) => msg as string).sort();
    expect([...types.keys()].sort()).toEqual(catalogue);
    expect(contents.map(([type = '']) => codesIn(type)[0])).toEqual([...types.keys()]);
  });

  it('lists no type that no simulated node says', () => {
    const said = new Set(played.map(({ msg }) => msg));
    expect([...types.keys()].filter((type) => !said.has(type))).toEqual([]);
  });

  it('has every field of every simulated message, with its type', () => {
    const found = new Set<string>();
    for (const message of played) for (const problem of problems(fieldsOf(message))) found.add(problem);
    expect([...found]).toEqual([]);
    expect(played.length).toBeGreaterThan(10_000);
  });

  it('has every field of what real nodes sent, with its type', () => {
    const development = developmentMessages().map((text) => JSON.parse(text) as Fields);
    const real = [...kusamaMessages(), ...development];
    expect(real.flatMap((message) => problems(without(message, ['level'])))).toEqual([]);
    expect(real.length).toBeGreaterThan(30);
  });

  it('gives examples of each type that are as its tables say', () => {
    for (const [type, { siblings, examples }] of types) {
      expect(examples.length, type).toBeGreaterThan(0);
      for (const example of examples) {
        expect(siblings).toContain(example.msg);
        expect(problems(example)).toEqual([]);
        expect(example.ts).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d$/);
      }
    }
  });

  it('says from which verbosity each type is sent', () => {
    const listed = contents.map(([type = '', , , verbosity = '']) => {
      const [, simulated] = /the simulator: (\d)/.exec(verbosity) ?? [];
      return { msg: codesIn(type)[0], verbosity: Number(simulated ?? verbosity) };
    });
    const known = new Map<string, number>(MESSAGE_TYPES.map(({ msg, verbosity }) => [msg, verbosity]));
    expect(listed).toEqual([...types.keys()].map((msg) => ({ msg, verbosity: known.get(msg) })));
  });

  it('calls none of them rare', () => {
    const rare = tableUnder(page, '## Rarer types').flatMap(([type = '']) => codesIn(type));
    expect(rare.length).toBeGreaterThan(15);
    expect(rare.filter((type, index) => types.has(type) || rare.indexOf(type) !== index)).toEqual([]);
  });
});

/** The headings that name types, with the tables and the examples below them. */
function readTypes(text: string): Map<string, TypeOnPage> {
  const found = new Map<string, TypeOnPage>();
  for (const section of text.split(/^(?=##)/m)) {
    const [heading = ''] = section.split('\n', 1);
    if (!heading.startsWith('### ')) continue;
    const fields = new Map(
      tableUnder(`\n${section}`, heading).map(([name = '', type = '']) => [
        codesIn(name)[0] ?? name,
        field(type),
      ]),
    );
    const examples = [...section.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(
      ([, json = '']) => JSON.parse(json) as Fields,
    );
    const parents = new Set([...fields.keys()].flatMap(parentsOf));
    const siblings = codesIn(heading);
    for (const type of siblings) found.set(type, { siblings, fields, parents, examples });
  }
  return found;
}

/** Of `a.b.c` these are `a.` and `a.b.`. */
function parentsOf(name: string): string[] {
  return [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index + 1));
}

function field(type: string): Field {
  const kinds = type.replace(/, optional$/, '').split(' or ');
  const unknown = kinds.filter((kind) => !(kind in HOLDS));
  if (unknown.length > 0) throw new Error(`The page has fields that are ${unknown.join(', ')}.`);
  return { kinds, optional: type.endsWith(', optional') };
}

/** What each scenario says in its first minutes, with a few dozen nodes at most. */
function play(): NodeMessage[] {
  const startAt = Date.UTC(2021, 1, 9, 9);
  return listScenarios().flatMap(({ name }) => {
    const scenario = loadScenario(name);
    const network = new SimulatedNetwork({ scenario, nodes: Math.min(30, scenario.nodes), seed: 1, startAt });
    const end = startAt + (name === 'traces' ? 15_000 : 240_000);
    const messages: NodeMessage[] = [];
    for (const message of network.messages()) {
      if (message.at >= end) break;
      messages.push(message);
    }
    return messages;
  });
}

/** A message as it is stored, less what the logger of old builds adds. */
function fieldsOf({ text, node }: NodeMessage): Fields {
  const frame = JSON.parse(text) as Fields;
  const { envelope, software } = node.profile;
  if (envelope.form === 'nested') return { ...(frame.payload as Fields), ts: frame.ts };
  const slog = software.slog && !String(frame.msg).startsWith('tracing.');
  return without(frame, ['level', ...(slog ? ['id', 'line'] : [])]);
}

/** In words, what of a message is not as the page says. */
function problems(message: Fields): string[] {
  const type = String(message.msg);
  const onPage = types.get(type);
  if (onPage === undefined) return [`${type} is not on the page`];
  const { fields: known, parents } = onPage;
  const found: string[] = [];
  check(without(message, ['msg', 'ts']), '');
  return found;

  function check(fields: Fields, path: string): void {
    for (const [key, value] of Object.entries(fields)) {
      const name = path + (known.has(path + key) ? key : '*');
      const kinds = known.get(name)?.kinds;
      if (kinds === undefined && !parents.has(`${name}.`)) found.push(`${type} has ${path}${key}`);
      if (kinds?.some((kind) => HOLDS[kind]?.(value)) === false)
        found.push(`${type}: ${name} is ${JSON.stringify(value)}`);
      // The state is described once, under its usual name.
      const below = name === 'network_state' ? 'state.' : `${name}.`;
      if (isObject(value) && parents.has(below)) check(value, below);
    }
    for (const [name, { optional }] of known) {
      const own = name.slice(path.length);
      if (!optional && name.startsWith(path) && !own.includes('.') && !(own in fields))
        found.push(`${type} has no ${name}`);
    }
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
