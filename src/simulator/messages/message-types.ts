import type { JsonObject } from './envelope.js';

/**
 * What a field holds: `hash` is `0x` and 64 hexadecimal digits, `digits` a whole number as a string, `json` JSON inside
 * a string, `span` an unsigned 64-bit number,
 * `integer` a whole number.
 */
export type FieldKind =
  'boolean' | 'digits' | 'hash' | 'integer' | 'json' | 'null' | 'number' | 'object' | 'span' | 'string';

export interface MessageTypeInfo {
  readonly msg: string;
  /** The lowest verbosity of a node that sends it. */
  readonly verbosity: number;
  /** The fields beside `msg`, and in the flat envelope `ts` and `level`; a name that ends in `?` may be missing. */
  readonly fields: Readonly<Record<string, FieldKind | readonly FieldKind[]>>;
}

/** Every type of message that the simulator can send. The order of verbosities is that of the node clients. */
export const MESSAGE_TYPES = [
  {
    msg: 'system.connected',
    verbosity: 0,
    fields: {
      name: 'string',
      chain: 'string',
      implementation: 'string',
      version: 'string',
      config: 'string',
      authority: 'boolean',
      network_id: 'string',
      startup_time: 'digits',
      'genesis_hash?': 'hash',
      'target_os?': 'string',
      'target_arch?': 'string',
      'target_env?': 'string',
      'sysinfo?': 'object',
    },
  },
  {
    msg: 'system.interval',
    verbosity: 0,
    fields: {
      'height?': 'integer',
      'best?': 'hash',
      'txcount?': 'integer',
      'finalized_height?': 'integer',
      'finalized_hash?': 'hash',
      'used_state_cache_size?': 'integer',
      'used_db_cache_size?': 'integer',
      'peers?': 'integer',
      'bandwidth_download?': 'integer',
      'bandwidth_upload?': 'integer',
      'cpu?': 'number',
      'memory?': 'integer',
      'disk_read_per_sec?': 'integer',
      'disk_write_per_sec?': 'integer',
      'network_state?': ['object', 'json'],
    },
  },
  {
    msg: 'system.network_state',
    verbosity: 0,
    fields: { 'state?': 'object', 'network_state?': 'object' },
  },
  {
    msg: 'sysinfo.hwbench',
    verbosity: 0,
    fields: {
      cpu_hashrate_score: 'integer',
      memory_memcpy_score: 'integer',
      'disk_sequential_write_score?': 'integer',
      'disk_random_write_score?': 'integer',
      'parallel_cpu_hashrate_score?': 'integer',
      'parallel_cpu_cores?': 'integer',
    },
  },
  { msg: 'block.import', verbosity: 0, fields: { best: 'hash', height: 'integer', origin: 'string' } },
  { msg: 'notify.finalized', verbosity: 0, fields: { best: 'hash', height: 'digits' } },
  { msg: 'txpool.import', verbosity: 0, fields: { ready: 'integer', future: 'integer' } },
  {
    msg: 'afg.authority_set',
    verbosity: 1,
    fields: { authority_id: 'string', authority_set_id: 'digits', authorities: 'json' },
  },
  {
    msg: 'afg.received_prevote',
    verbosity: 1,
    fields: { target_hash: 'hash', target_number: 'digits', voter: 'json' },
  },
  {
    msg: 'afg.received_precommit',
    verbosity: 1,
    fields: { target_hash: 'hash', target_number: 'digits', voter: 'json' },
  },
  {
    msg: 'afg.received_commit',
    verbosity: 1,
    fields: { target_hash: 'hash', target_number: 'digits', contains_precommits_signed_by: 'json' },
  },
  {
    msg: 'afg.finalized',
    verbosity: 1,
    fields: { finalized_hash: 'hash', finalized_number: 'digits' },
  },
  { msg: 'afg.finalized_blocks_up_to', verbosity: 1, fields: { hash: 'hash', number: 'digits' } },
  { msg: 'prepared_block_for_proposing', verbosity: 1, fields: { hash: 'hash', number: 'digits' } },
  {
    msg: 'slots.pre_sealed_block',
    verbosity: 1,
    fields: { header_num: 'digits', hash_now: 'hash', hash_previously: 'hash' },
  },
  { msg: 'slots.err_with_block_built_on', verbosity: 4, fields: { hash: 'hash', err: 'string' } },
  {
    msg: 'slots.starting_authorship',
    verbosity: 5,
    fields: { slot_num: 'integer', 'timestamp?': 'integer' },
  },
  { msg: 'afg.commit_issued', verbosity: 5, fields: { target_hash: 'hash', target_number: 'digits' } },
  {
    msg: 'afg.announcing_blocks_to_voted_peers',
    verbosity: 5,
    fields: { block: 'hash', round: 'digits', set_id: 'digits' },
  },
  { msg: 'babe.checked_and_importing', verbosity: 9, fields: { pre_header: 'string' } },
  { msg: 'aura.checked_and_importing', verbosity: 9, fields: { pre_header: 'string' } },
  {
    msg: 'tracing.profiling',
    verbosity: 9,
    fields: {
      name: 'string',
      target: 'string',
      time: ['integer', 'digits'],
      'id?': 'span',
      'parent_id?': ['span', 'null'],
      'values?': 'object',
    },
  },
  {
    msg: 'tracing.event',
    verbosity: 9,
    fields: { name: 'string', target: 'string', parent_id: ['span', 'null'], values: 'object' },
  },
] as const satisfies readonly MessageTypeInfo[];

export type MessageType = (typeof MESSAGE_TYPES)[number]['msg'];

/** The lowest verbosity of a node that sends a type of message. */
export const VERBOSITY_OF = Object.fromEntries(
  MESSAGE_TYPES.map(({ msg, verbosity }) => [msg, verbosity]),
) as Readonly<Record<MessageType, number>>;

/** A message without its envelope. */
export interface MessageContent {
  readonly msg: MessageType;
  readonly fields: JsonObject;
}
