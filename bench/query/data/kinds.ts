import { smallMessages } from '../../support/messages.js';

/** In no more than a few messages of a peer. */
export const RARE_TARGET = 'pallet_elections_phragmen';

/** How one kind of message looks. What its text has is put together from parts, since that is fast in SQL. */
export interface Kind {
  msg: string;
  /** How many of a hundred messages are of it. */
  share: number;
  /** What is before the time, after it, after a number, after another; null where there is no such number. */
  parts: readonly [string, string, string | null, string | null];
  /** The number: from `base`, growing by so many a second, and up to `span` more. */
  base: number;
  perSecond: number;
  span: number;
}

type Numbers = Partial<Pick<Kind, 'base' | 'perSecond' | 'span'>>;

const HEIGHT: Numbers = { base: 1_853_000, perSecond: 1 / 6 };
/** They stand where the time and the two numbers of a message go. */
const [NUMBER, OTHER] = [1_111_111_111, 2_222_222_222];
const TIME = 'the time';

const CALLS = [
  { target: 'frame_system', name: '<AccountNonce<T>>::get', median: 760, share: 8 },
  { target: 'frame_executive', name: 'apply_extrinsic', median: 180_000, share: 5 },
  { target: 'pallet_balances', name: 'transfer', median: 95_000, share: 5 },
  { target: 'pallet_timestamp', name: 'set', median: 21_000, share: 3 },
  { target: 'state', name: 'storage_get', median: 3_200, share: 4 },
  { target: 'state', name: 'storage_root', median: 1_100_000, share: 2 },
  { target: 'wasm', name: 'Core_initialize_block', median: 270_000, share: 2 },
  { target: 'client', name: 'execute_block', median: 4_000_000, share: 1 },
];

/** Kinds that make up a hundred, and at last the one with the rare target, of which there are so few. */
export const kinds: readonly Kind[] = [
  ...CALLS.map(({ share, ...call }) => profiling(call, share)),
  profiling({ target: RARE_TARGET, name: 'on_initialize', median: 33_000 }, 0),
  kind('block.import', 8, { height: NUMBER, origin: 'NetworkInitialSync' }, HEIGHT),
  kind('block.import', 5, { height: NUMBER, origin: 'NetworkBroadcast' }, HEIGHT),
  kind('block.import', 1, { height: NUMBER, origin: 'Own' }, HEIGHT),
  kind('system.interval', 6, { peers: NUMBER }, { base: 20, span: 30 }),
  // The other half of it, as newer nodes send it, has the chain and no peers.
  kind('system.interval', 6, { height: NUMBER, peers: undefined }, HEIGHT),
  kind('notify.finalized', 8, { height: NUMBER.toString() }, HEIGHT),
  kind('txpool.import', 8, { ready: NUMBER }, { span: 300 }),
  kind('afg.received_prevote', 8, { target_number: NUMBER.toString() }, HEIGHT),
  kind('afg.received_precommit', 8, { target_number: NUMBER.toString() }, HEIGHT),
  kind('afg.received_commit', 3, { target_number: NUMBER.toString() }, HEIGHT),
  kind('afg.finalized_blocks_up_to', 4, { number: NUMBER.toString() }, HEIGHT),
  kind('prepared_block_for_proposing', 2, { number: NUMBER.toString() }, HEIGHT),
  kind('babe.checked_and_importing', 3, {}),
];

function profiling(call: { target: string; name: string; median: number }, share: number): Kind {
  const { target, name, median } = call;
  return kind(
    'tracing.profiling',
    share,
    { target, name, time: NUMBER, id: OTHER, parent_id: null, values: { depth: '1' } },
    { base: Math.round(median * 0.6), span: median },
  );
}

/** A real message of the type, with the fields that are given in the place of its own. */
function kind(msg: string, share: number, fields: Record<string, unknown>, numbers: Numbers = {}): Kind {
  const real: Record<string, unknown> = { ...smallMessages.find((message) => message.msg === msg) };
  delete real.ts;
  const text = JSON.stringify({ ts: TIME, level: 'INFO', ...real, msg, ...fields });
  const [beforeTime = '', afterTime = ''] = text.split(TIME);
  const [beforeNumber = '', afterNumber] = afterTime.split(NUMBER.toString());
  const [beforeOther, afterOther] = afterNumber?.split(OTHER.toString()) ?? [];
  const parts = [beforeTime, beforeNumber, beforeOther ?? null, afterOther ?? null] as const;
  return { msg, share, parts, base: 0, perSecond: 0, span: 1, ...numbers };
}
