import type { ApiSchema } from '../shared/api.js';
import { type ExactJson, isNested, parseExact } from '../shared/exact-json.js';

type Row = ApiSchema<'Benchmark'>;
type Spec = ExactJson | undefined;

/** A benchmark with exact numbers in its JSON. */
export interface Run extends Omit<Row, 'setup' | 'benchmark_spec' | 'chain_spec'> {
  setup: Spec;
  benchmark_spec: Spec;
  chain_spec: Spec;
  /** The peer id of its node; '' for none. */
  peerId: string;
}

export function readRun(json: string): Run {
  return runOf(parseExact(json));
}

export function readRuns(json: string): Run[] {
  return (parseExact(json) as ExactJson[]).map(runOf);
}

function runOf(value: ExactJson): Run {
  const row = value as unknown as Omit<Run, 'peerId' | 'id' | 'host_system_id'> &
    Record<'id' | 'host_system_id', unknown>;
  const { id, host_system_id, setup, benchmark_spec } = row;
  return {
    ...row,
    id: Number(id),
    host_system_id: host_system_id === null ? null : Number(host_system_id),
    peerId: peerIdIn(setup) ?? peerIdIn(benchmark_spec) ?? '',
  };
}

function peerIdIn(spec: Spec): string | undefined {
  return ['substrate', 'tetcore']
    .map((name) => field(field(spec, name), 'peerId'))
    .find((peerId) => typeof peerId === 'string');
}

function field(value: Spec, name: string): Spec {
  if (value === undefined || !isNested(value) || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
