import type { Random } from '../random/random.js';
import type { JsonObject } from './envelope.js';
import type { MessageContent } from './message-types.js';

export interface TracePlan {
  /** The share of imported blocks that are traced. */
  readonly blocks: number;
  /** How many calls there are in a block: the least and the most. */
  readonly calls: readonly [number, number];
  /** The share of calls with an event in them. */
  readonly events: number;
}

/** `spans`: with span ids, and `time` as a number; `bare`: without ids and events, and `time` as a string. */
export type TraceForm = 'spans' | 'bare';

interface Call {
  readonly target: string;
  readonly name: string;
  /** Nanoseconds: the median of its time. */
  readonly median: number;
}

const BLOCK: Call = { target: 'client', name: 'execute_block', median: 4_000_000 };
const CALLS: readonly Call[] = [
  { target: 'frame_system', name: '<AccountNonce<T>>::get', median: 760 },
  { target: 'frame_executive', name: 'apply_extrinsic', median: 180_000 },
  { target: 'pallet_balances', name: 'transfer', median: 95_000 },
  { target: 'pallet_balances', name: 'transfer_keep_alive', median: 99_000 },
  { target: 'pallet_timestamp', name: 'set', median: 21_000 },
  { target: 'pallet_timestamp', name: 'on_finalize', median: 9_000 },
  { target: 'pallet_staking', name: 'payout_stakers', median: 2_400_000 },
  { target: 'pallet_utility', name: 'batch_all', median: 610_000 },
  { target: 'pallet_session', name: 'on_initialize', median: 33_000 },
  { target: 'pallet_im_online', name: 'heartbeat', median: 140_000 },
  { target: 'state', name: 'storage_root', median: 1_100_000 },
  { target: 'wasm', name: 'Core_initialize_block', median: 270_000 },
];
const STORAGE: Call = { target: 'state', name: 'storage_get', median: 3_200 };
const SPREAD = 0.6;

/** What the traces of one executed block say: each call as it ends, and at last the span around all of them. */
export function blockTrace(form: TraceForm, plan: TracePlan, random: Random): MessageContent[] {
  const statements: MessageContent[] = [];
  const root = spanId(random);
  let whole = random.logNormal(BLOCK.median, SPREAD);
  for (let left = random.between(...plan.calls); left > 0; left -= 1) {
    const call = random.pick(CALLS);
    const id = spanId(random);
    let time = random.logNormal(call.median, SPREAD);
    if (random.chance(0.2)) {
      const inner = random.logNormal(STORAGE.median, SPREAD);
      statements.push(profiling(form, STORAGE, spanId(random), id, inner, { key: hex(random) }));
      time += inner;
    }
    if (form === 'spans' && random.chance(plan.events)) statements.push(event(call, id, random));
    statements.push(profiling(form, call, id, root, time, { depth: '1' }));
    whole += time;
  }
  statements.push(profiling(form, BLOCK, root, null, whole, {}));
  // Outside of any span.
  if (form === 'spans' && random.chance(plan.events / 4)) statements.push(event(BLOCK, null, random));
  return statements;
}

function profiling(
  form: TraceForm,
  { target, name }: Call,
  id: bigint,
  parentId: bigint | null,
  nanoseconds: number,
  values: JsonObject,
): MessageContent {
  const time = Math.round(nanoseconds);
  const fields: JsonObject =
    form === 'bare'
      ? { name, target, time: time.toString() }
      : { name, target, time, id, parent_id: parentId, values };
  return { msg: 'tracing.profiling', fields };
}

function event({ target }: Call, parentId: bigint | null, random: Random): MessageContent {
  const values = { log: 'DEBUG', message: `storage root changed to ${hex(random)}` };
  return { msg: 'tracing.event', fields: { name: 'log record', target, parent_id: parentId, values } };
}

function hex(random: Random): string {
  return random.bits32().toString(16).padStart(8, '0');
}

/** A span id as tracing makes them: 64 bits, above what a double holds exactly. */
function spanId(random: Random): bigint {
  return random.bits64() | (1n << 60n);
}
