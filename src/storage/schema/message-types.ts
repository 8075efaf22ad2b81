/**
 * The message types that have a number in the column `type`. Append only: the numbers are in rows, in journals and in
 * other databases.
 *
 * Numbers below {@link RARE_TYPES_END} are for types that nodes send rarely and that readers search over long time
 * ranges: they have their own index. A new type gets the next free number of its kind, and a migration that adds it to
 * `message_types` and replaces the view; see {@link typeCondition}.
 */
const NUMBERS = {
  'system.connected': 2,
  'system.network_state': 3,
  'sysinfo.hwbench': 4,
  'afg.authority_set': 5,
  'slots.err_with_block_built_on': 6,
  'slots.unable_fetching_authorities': 7,
  'slots.unable_authoring_block': 8,

  'system.interval': 16,
  'block.import': 17,
  'notify.finalized': 18,
  'txpool.import': 19,
  prepared_block_for_proposing: 20,
  'slots.starting_authorship': 21,
  'slots.pre_sealed_block': 22,
  'slots.skipping_proposal_slot': 23,
  'slots.discarding_proposal_took_too_long': 24,
  'babe.checked_and_importing': 25,
  'aura.checked_and_importing': 26,
  'afg.received_prevote': 27,
  'afg.received_precommit': 28,
  'afg.received_commit': 29,
  'afg.commit_issued': 30,
  'afg.finalized': 31,
  'afg.finalized_blocks_up_to': 32,
  'afg.announcing_blocks_to_voted_peers': 33,
  'tracing.profiling': 34,
  'tracing.event': 35,
} as const;

/** Older servers store messages of later types as {@link OTHER_TYPE}. */
const LAST_OF_FIRST_SCHEMA = 35;

export type NamedMessageType = keyof typeof NUMBERS;

/** A message without a type: `msg` is missing or not a string. */
export const NO_TYPE = 0;
/** A type without a number: its name is in the message only. */
export const OTHER_TYPE = 1;
/** Types from this number on are not in the index of rare types. */
export const RARE_TYPES_END = 16;

/** Names and numbers, in the order of numbers. */
export const MESSAGE_TYPES: readonly (readonly [name: NamedMessageType, number: number])[] = (
  Object.entries(NUMBERS) as [NamedMessageType, number][]
).sort(([, one], [, other]) => one - other);

const numbers = new Map<string, number>(MESSAGE_TYPES);
const names = new Map<number, string>(MESSAGE_TYPES.map(([name, number]) => [number, name]));

/** @param msg the field `msg` of a message; null if it has none */
export function typeNumber(msg: string | null): number {
  return msg === null ? NO_TYPE : (numbers.get(msg) ?? OTHER_TYPE);
}

/** The name of a number; undefined for {@link NO_TYPE}, {@link OTHER_TYPE} and unknown numbers. */
export function typeName(number: number): string | undefined {
  return names.get(number);
}

/** The number of a type as SQL, with its name in a comment. */
export function typeSql(msg: NamedMessageType): string {
  return `${NUMBERS[msg].toString()} /* ${msg} */`;
}

/**
 * An SQL condition on `type` and `logs` for messages of a type, with or without a number.
 *
 * @param placeholder adds a parameter of type text, and returns its placeholder; called only if necessary
 * @param last the number of the last type that every server has known
 */
export function typeCondition(
  msg: string,
  placeholder: (value: string) => string,
  last = LAST_OF_FIRST_SCHEMA,
): string {
  const number = typeNumber(msg);
  if (!mayBeOther(number, last)) return `type = ${number.toString()}`;
  const unnamed = `type = ${OTHER_TYPE.toString()} AND logs->>'msg' = ${placeholder(msg)}::text`;
  return number === OTHER_TYPE ? unnamed : `(type = ${number.toString()} OR ${unnamed})`;
}

/**
 * The numbers that messages of some types may have in `type`, and the names that they may have in `logs` if the number is
 * {@link OTHER_TYPE}.
 */
export function typesOf(msgs: Iterable<string>): { numbers: number[]; others: string[] } {
  const found = new Set<number>();
  const others = new Set<string>();
  for (const msg of msgs) {
    const number = typeNumber(msg);
    found.add(number);
    if (!mayBeOther(number)) continue;
    found.add(OTHER_TYPE);
    others.add(msg);
  }
  return { numbers: [...found], others: [...others] };
}

/** Whether a connection may have messages of a type, as a condition on the column `types` of its row. */
export function mayHave(msg: NamedMessageType): string {
  return `(types IS NULL OR types && ARRAY[${typesOf([msg]).numbers.join(', ')}]::smallint[] /* ${msg} */)`;
}

function mayBeOther(number: number, last = LAST_OF_FIRST_SCHEMA): boolean {
  return number === OTHER_TYPE || number > last;
}

/**
 * The name of the type as an SQL expression on `type` and `logs`; NULL if the message has none.
 *
 * @param last the number of the last known type; by default all are known
 */
export function typeNameSql(last = MESSAGE_TYPES.at(-1)?.[1] ?? 0): string {
  const array = Array.from({ length: last }, (_, at) => {
    const name = names.get(at + 1);
    return name === undefined ? 'NULL' : `'${name}'`;
  });
  return `CASE type WHEN ${OTHER_TYPE.toString()} THEN logs->>'msg' ELSE (ARRAY[${array.join(', ')}]::text[])[type] END`;
}
