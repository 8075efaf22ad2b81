import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FieldKind, MESSAGE_TYPES, type MessageTypeInfo } from '../messages/message-types.js';
import type { NodeMessage } from '../nodes/telemetry-emitter.js';
import { BUILT_IN } from '../scenarios/built-in.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { SimulatedNetwork } from './network.js';

const startAt = Date.UTC(2021, 1, 9, 9);
const INFO = new Map<string, MessageTypeInfo>(MESSAGE_TYPES.map((info) => [info.msg, info]));

const HOLDS: Readonly<Record<FieldKind, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  digits: (value) => typeof value === 'string' && /^\d+$/.test(value),
  hash: (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  integer: (value) => Number.isInteger(value),
  json: (value) => typeof value === 'string' && /^[[{"]/.test(value) && JSON.parse(value) !== undefined,
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  // JSON.parse gives a number that is a little off.
  span: (value) => typeof value === 'number' && value >= 2 ** 60 && value <= 2 ** 64,
  string: (value) => typeof value === 'string',
};

/** What is not as the catalogue says, in words. */
function problems(msg: string, fields: Record<string, unknown>): string[] {
  const info = INFO.get(msg);
  if (info === undefined) return [`${msg} is not in the catalogue`];
  const found: string[] = [];
  const known = new Set<string>();
  for (const [key, kinds] of Object.entries(info.fields)) {
    const name = key.replace(/\?$/, '');
    known.add(name);
    if (!(name in fields)) {
      if (name === key) found.push(`${msg} has no ${name}`);
    } else if (![kinds].flat().some((kind) => HOLDS[kind](fields[name]))) {
      found.push(`${msg}.${name} is ${JSON.stringify(fields[name])}`);
    }
  }
  for (const name of Object.keys(fields)) if (!known.has(name)) found.push(`${msg} has ${name}`);
  return found;
}

/** The fields of a message that are its own, in either envelope. */
function fieldsOf({ text, node }: NodeMessage): Record<string, unknown> {
  const frame = JSON.parse(text) as Record<string, unknown>;
  const { envelope, software } = node.profile;
  if (envelope.form === 'nested') return without(frame.payload as typeof frame, ['msg']);
  return without(frame, ['msg', 'ts', 'level', ...(software.slog ? ['id', 'line'] : [])]);
}

function without(fields: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** What each scenario says in its first minutes, with a few dozen nodes at most. */
function run(name: string, seconds: number): NodeMessage[] {
  const scenario = loadScenario(name);
  const network = new SimulatedNetwork({ scenario, nodes: Math.min(30, scenario.nodes), seed: 1, startAt });
  const taken: NodeMessage[] = [];
  for (const message of network.messages()) {
    if (message.at >= startAt + seconds * 1000) return taken;
    taken.push(message);
  }
  return taken;
}

describe('the catalogue of message types', () => {
  const runs = new Map(Object.keys(BUILT_IN).map((name) => [name, run(name, name === 'traces' ? 15 : 240)]));

  it.each([...runs])('matches types, fields and verbosity in the scenario %s', (_name, messages) => {
    const found = new Set<string>();
    for (const message of messages) {
      for (const problem of problems(message.msg, fieldsOf(message))) found.add(problem);
      const { verbosity } = message.node.profile;
      if (verbosity < (INFO.get(message.msg)?.verbosity ?? 0)) found.add(`${message.msg} at ${verbosity}`);
    }
    expect([...found]).toEqual([]);
    expect(messages.length).toBeGreaterThan(100);
  });

  it('has only types and fields that a scenario sends', () => {
    const sent = new Set([...runs.values()].flat().map(({ msg }) => msg));
    expect([...INFO.keys()].filter((msg) => !sent.has(msg))).toEqual([]);
  });

  it('covers all optional fields and kinds of values', () => {
    const seen = new Set<string>();
    for (const message of [...runs.values()].flat()) {
      const fields = fieldsOf(message);
      for (const [key, kinds] of Object.entries(INFO.get(message.msg)?.fields ?? {})) {
        const value = fields[key.replace(/\?$/, '')];
        if (value === undefined) continue;
        for (const kind of [kinds].flat()) if (HOLDS[kind](value)) seen.add(`${message.msg} ${key} ${kind}`);
      }
    }
    const all = [...INFO.values()].flatMap(({ msg, fields }) =>
      Object.entries(fields).flatMap(([key, kinds]) => [kinds].flat().map((kind) => `${msg} ${key} ${kind}`)),
    );
    expect(all.filter((name) => !seen.has(name))).toEqual([]);
  });

  it('describes the messages that real nodes sent', () => {
    const fixtures = resolve(import.meta.dirname, '../../../test/fixtures');
    const kusama = JSON.parse(readFileSync(resolve(fixtures, 'telemetry-messages.json'), 'utf8')) as Record<
      string,
      unknown
    >[];
    const development = readFileSync(resolve(fixtures, 'log-messages.ndjson'), 'utf8').trim().split('\n');
    const messages = [...kusama, ...development.map((text) => JSON.parse(text) as Record<string, unknown>)];
    expect(messages.length).toBeGreaterThan(30);
    for (const message of messages) {
      const { msg } = message as { msg: string };
      const fields = without(message, ['msg', 'ts', 'level']);
      expect(problems(msg, fields)).toEqual([]);
    }
  });
});
