import { describe, expect, it } from 'vitest';
import { columnValues, insertQuery, updateQuery } from './column-values.js';

const TYPES = { id: 'bigint', description: ['text', "''"], setup: 'jsonb', spec: 'jsonb' } as const;

describe('the columns that a body sets', () => {
  it('are those that it has, with null too, and JSON as the database reads it', () => {
    const values = columnValues(
      { spec: {}, description: null, id: undefined, other: 1 },
      '{"spec":{}}',
      TYPES,
    );
    expect([...values.columns]).toEqual([
      ['description', "coalesce($2::text, '')"],
      ['spec', "nullif($1::jsonb->'spec', 'null')"],
    ]);
    expect(values.parameters).toEqual(['{"spec":{}}', null]);
    expect(values.json).toEqual(['spec']);
  });

  it('are written into a new row or over one that is there', () => {
    const values = columnValues({ id: 7, description: 'x' }, '', TYPES);
    expect(insertQuery('t', values, 'id::text').sql.replace(/\s+/g, ' ')).toBe(
      "INSERT INTO t (id,description) VALUES ($1::bigint,coalesce($2::text, '')) RETURNING id::text AS row",
    );
    const { sql, parameters } = updateQuery('t', 5, values, 'id::text');
    expect(sql).toBe(
      "UPDATE t SET id = $1::bigint,description = coalesce($2::text, '') WHERE id = $3::bigint RETURNING id::text AS row",
    );
    expect(parameters).toEqual([7, 'x', 5]);
  });

  it('may be none: then a row that is there stays as it is', () => {
    const { sql, parameters } = updateQuery('t', 5, columnValues({}, '', TYPES), 'id::text');
    expect(sql).toBe('SELECT id::text AS row FROM t WHERE id = $1::bigint');
    expect(parameters).toEqual([5]);
  });
});
