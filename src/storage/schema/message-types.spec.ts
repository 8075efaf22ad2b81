import { describe, expect, it } from 'vitest';
import {
  MESSAGE_TYPES,
  NO_TYPE,
  OTHER_TYPE,
  RARE_TYPES_END,
  typeCondition,
  typeName,
  typeNameSql,
  typeNumber,
  typeSql,
} from './message-types.js';

/** They are in rows and in journals: an entry is added at its end, and none changes. */
const FIXED: readonly (readonly [name: string, number: number])[] = [
  ['system.connected', 2],
  ['system.network_state', 3],
  ['sysinfo.hwbench', 4],
  ['afg.authority_set', 5],
  ['slots.err_with_block_built_on', 6],
  ['slots.unable_fetching_authorities', 7],
  ['slots.unable_authoring_block', 8],
  ['system.interval', 16],
  ['block.import', 17],
  ['notify.finalized', 18],
  ['txpool.import', 19],
  ['prepared_block_for_proposing', 20],
  ['slots.starting_authorship', 21],
  ['slots.pre_sealed_block', 22],
  ['slots.skipping_proposal_slot', 23],
  ['slots.discarding_proposal_took_too_long', 24],
  ['babe.checked_and_importing', 25],
  ['aura.checked_and_importing', 26],
  ['afg.received_prevote', 27],
  ['afg.received_precommit', 28],
  ['afg.received_commit', 29],
  ['afg.commit_issued', 30],
  ['afg.finalized', 31],
  ['afg.finalized_blocks_up_to', 32],
  ['afg.announcing_blocks_to_voted_peers', 33],
  ['tracing.profiling', 34],
  ['tracing.event', 35],
];

const noPlace = (): string => {
  throw new Error('No parameter is needed.');
};

describe('type numbers', () => {
  it('are fixed', () => {
    expect(MESSAGE_TYPES).toEqual(FIXED);
    expect([NO_TYPE, OTHER_TYPE, RARE_TYPES_END]).toEqual([0, 1, 16]);
  });

  it('map to unique names and back', () => {
    for (const [name, number] of FIXED) {
      expect([typeNumber(name), typeName(number)]).toEqual([number, name]);
    }
    expect(new Set(MESSAGE_TYPES.map(([, number]) => number)).size).toBe(MESSAGE_TYPES.length);
  });

  it('are NO_TYPE and OTHER_TYPE for all others', () => {
    expect(typeNumber(null)).toBe(NO_TYPE);
    for (const name of ['', 'Block.Import', 'block.import ', 'test.row', 'toString', '__proto__']) {
      expect(typeNumber(name)).toBe(OTHER_TYPE);
    }
    for (const number of [NO_TYPE, OTHER_TYPE, 9, RARE_TYPES_END - 1, 36, -1]) {
      expect(typeName(number)).toBeUndefined();
    }
  });

  it('tell whether a type is rare', () => {
    const rare = MESSAGE_TYPES.filter(([, number]) => number < RARE_TYPES_END).map(([name]) => name);
    expect(rare).toEqual(FIXED.slice(0, 7).map(([name]) => name));
  });
});

describe('a condition on the type', () => {
  it('uses only the number if the type is in the first schema', () => {
    for (const [name, number] of FIXED) expect(typeCondition(name, noPlace)).toBe(`type = ${number}`);
  });

  it('uses the name in the message if the type has no number', () => {
    const values: string[] = [];
    const place = (value: string): string => `$${values.push(value).toString()}`;
    expect(typeCondition("it's", place)).toBe("type = 1 AND logs->>'msg' = $1::text");
    expect(typeCondition('', place)).toBe("type = 1 AND logs->>'msg' = $2::text");
    expect(values).toEqual(["it's", '']);
  });
});

describe('a condition on a type that got its number later', () => {
  it('uses the number, or the name in messages that were stored before', () => {
    expect(typeCondition('tracing.event', () => '$1', 34)).toBe(
      "(type = 35 OR type = 1 AND logs->>'msg' = $1::text)",
    );
    expect(typeCondition('tracing.profiling', noPlace, 34)).toBe('type = 34');
  });
});

describe('types in SQL', () => {
  it('are numbers with their names in comments', () => {
    expect(typeSql('block.import')).toBe('17 /* block.import */');
  });

  it('are named up to a number, so that a migration always creates the same view', () => {
    expect(typeNameSql(4)).toBe(
      "CASE type WHEN 1 THEN logs->>'msg' ELSE (ARRAY[NULL, 'system.connected', 'system.network_state', 'sysinfo.hwbench']::text[])[type] END",
    );
    expect(typeNameSql()).toBe(typeNameSql(35));
  });
});
