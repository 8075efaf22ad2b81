import { describe, expect, it } from 'vitest';
import { Admission, NotAdmittedError } from './admission.js';

const guard = (needsToken: boolean) => ({ needsToken, admits: (token: string) => token === 'known' });

describe('the admission to the feed', () => {
  it('takes a token in the first frame, alone or beside a request', async () => {
    const alone = new Admission(guard(true));
    expect(alone.isGiven).toBe(false);
    await alone.check({ token: 'known' });
    expect(alone.isGiven).toBe(true);
    expect(alone.take({ token: 'known' })).toBe(undefined);
    expect(alone.take({ interest: 'subscribe' })).toEqual({ interest: 'subscribe' });
    expect(new Admission(guard(true)).take({ token: 'known', msg: 'a' })).toEqual({ msg: 'a' });
  });

  it('refuses every other first frame', async () => {
    for (const frame of [{}, { msg: 'a' }, { token: 'other' }, { token: ['known'] }, { token: null }]) {
      const admission = new Admission(guard(true));
      await expect(admission.check(frame)).rejects.toThrow(NotAdmittedError);
      expect(admission.isGiven).toBe(false);
    }
  });

  it('waits for a guard that has to ask elsewhere', async () => {
    const asking = { needsToken: true, admits: (token: string) => Promise.resolve(token === 'known') };
    const admission = new Admission(asking);
    await expect(admission.check({ token: 'other' })).rejects.toThrow(NotAdmittedError);
    await admission.check({ token: 'known' });
    expect(admission.isGiven).toBe(true);
  });

  it('asks for a token where the guard does not say whether it does', () => {
    const half = { admits: () => false } as unknown as ReturnType<typeof guard>;
    expect(new Admission(half).isGiven).toBe(false);
  });

  it('lets all in where no token is needed, also who has one', () => {
    const open = new Admission(guard(false));
    expect(open.isGiven).toBe(true);
    expect(open.take({ token: 'whatever' })).toBe(undefined);
    // Only the first frame may have one: others are as they come.
    expect(open.take({ token: 'whatever' })).toEqual({ token: 'whatever' });
    expect(new Admission(guard(false)).take({})).toEqual({});
  });
});
