import { describe, expect, it } from 'vitest';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { twoVersionsOf } from './compare-versions.js';

describe('twoVersionsOf', () => {
  it('reads two versions', () => {
    expect(twoVersionsOf('1.18.0,1.19.0')).toEqual(['1.18.0', '1.19.0']);
    expect(twoVersionsOf('1.1, 1.10')).toEqual(['1.1', '1.10']);
  });

  it.each([
    '',
    ',',
    '1.18.0',
    '1.18.0,',
    ',1.18.0',
    'a,b,c',
    '1.18.0,1.18.0',
    '1.18,1.18.1',
    '1.18.0-4f2e,1.18.0',
  ])('refuses %j', (text) => {
    expect(() => twoVersionsOf(text)).toThrow(InvalidParameterError);
  });
});
