import { describe, expect, it } from 'vitest';
import { describeError } from './index.js';

describe('describeError', () => {
  it('returns the message, and those of the inner errors', () => {
    expect(describeError(new Error('refused'))).toBe('refused');
    expect(describeError('refused')).toBe('refused');
    expect(describeError(new AggregateError([new Error('::1'), new Error('127.0.0.1')]))).toBe(
      '::1; 127.0.0.1',
    );
  });
});
