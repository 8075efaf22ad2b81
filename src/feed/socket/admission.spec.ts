import { describe, expect, it } from 'vitest';
import { Admission, NotAdmittedError } from './admission.js';

const guard = (needsToken: boolean) => ({ needsToken, admits: (token: string) => token === 'known' });

describe('the admission to the feed', () => {
  it('takes a token in the first frame, alone or beside a request', () => {
    const alone = new Admission(guard(true));
    expect(alone.isGiven).toBe(false);
    expect(alone.check({ token: 'known' })).toBe(undefined);
    expect(alone.isGiven).toBe(true);
    expect(alone.check({ interest: 'subscribe' })).toEqual({ interest: 'subscribe' });
    expect(new Admission(guard(true)).check({ token: 'known', msg: 'a' })).toEqual({ msg: 'a' });
  });

  it('refuses every other first frame, and for good', () => {
    for (const frame of [{}, { msg: 'a' }, { token: 'other' }, { token: ['known'] }, { token: null }]) {
      const admission = new Admission(guard(true));
      expect(() => admission.check(frame)).toThrow(NotAdmittedError);
      expect(admission.isGiven).toBe(false);
    }
  });

  it('lets everybody in where no token is needed, also who has one', () => {
    const open = new Admission(guard(false));
    expect(open.isGiven).toBe(true);
    expect(open.check({ token: 'whatever' })).toBe(undefined);
    // Only the first frame may have one: others are as they come.
    expect(open.check({ token: 'whatever' })).toEqual({ token: 'whatever' });
    expect(new Admission(guard(false)).check({})).toEqual({});
  });
});
