import { describe, expect, it } from 'vitest';
import { withDetail } from './database-watch.js';

describe('the reason of an outage in the log', () => {
  it('names the errors of all addresses of a host', () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('connect ECONNREFUSED 127.0.0.1:5432'),
    ]);
    expect(withDetail('The database cannot be reached.', refused)).toBe(
      'The database cannot be reached (connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432)',
    );
  });

  it.each([undefined, new Error(''), new AggregateError([])])('has no empty parentheses: %j', (error) => {
    expect(withDetail('It is read-only.', error)).toBe('It is read-only');
  });
});
