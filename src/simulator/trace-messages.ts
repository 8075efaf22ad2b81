import type { JsonObject } from './exact-json.js';
import type { Random } from './random.js';
import type { Software } from './software.js';

const CALLS = [
  { target: 'frame_system', name: '<AccountNonce<T>>::get' },
  { target: 'pallet_balances', name: 'transfer' },
  { target: 'pallet_timestamp', name: 'on_finalize' },
  { target: 'state', name: 'storage_root' },
];

/** The fields of the `tracing.profiling` messages of one executed block: some calls, then the span around them. */
export function profilingFields(software: Software, random: Random): JsonObject[] {
  const root = spanId(random);
  const times = Array.from({ length: random.between(1, 3) }, () => random.between(500, 900_000));
  const calls = times.map((time) => span(software, spanId(random), root, random.pick(CALLS), time));
  const whole = times.reduce((sum, time) => sum + time, random.between(1_000_000, 5_000_000));
  return [...calls, span(software, root, null, { target: 'client', name: 'execute_block' }, whole)];
}

function span(
  software: Software,
  id: bigint,
  parentId: bigint | null,
  { target, name }: { target: string; name: string },
  nanoseconds: number,
): JsonObject {
  if (software.traces === 'bare') return { name, target, time: nanoseconds.toString() };
  return {
    name,
    target,
    time: nanoseconds,
    id,
    parent_id: parentId,
    values: parentId === null ? {} : { depth: '1' },
  };
}

/** A span id as tracing makes them: 64 bits, above what a double holds exactly. */
function spanId(random: Random): bigint {
  return random.bits64() | (1n << 60n);
}
