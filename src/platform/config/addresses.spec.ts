import { expect, it } from 'vitest';
import { problemsOf } from '../../../test/support/setting-problems.js';
import { readSettings } from './index.js';

it('takes addresses and subnets, IPv4 and IPv6', () => {
  const given = { TRUSTED_PROXIES: ' 10.0.0.0/8,2001:db8::/32 , 192.0.2.7' };
  expect(readSettings(given).TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  expect(readSettings({ TELEMETRY_ALLOWED_IPS: ' ' }).TELEMETRY_ALLOWED_IPS).toEqual([]);
});

it('names every entry of a list that is neither', () => {
  const takes =
    'must be addresses or subnets such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, separated by commas.';
  for (const name of ['TRUSTED_PROXIES', 'TELEMETRY_ALLOWED_IPS']) {
    expect(problemsOf({ [name]: '10.0.0.0/33, 10.0.0.1, localhost' })).toEqual([
      `${name} is a list with "10.0.0.0/33" and "localhost" in it, but ${takes}`,
    ]);
    expect(problemsOf({ [name]: '10.0.0.1,' })).toEqual([`${name} is a list with "" in it, but ${takes}`]);
  }
});

it('bounds all connections by those of nodes, with room for others', () => {
  expect(readSettings({}).HTTP_MAX_CONNECTIONS).toBe(22_000);
  expect(readSettings({ TELEMETRY_MAX_CONNECTIONS: '500' }).HTTP_MAX_CONNECTIONS).toBe(2_500);
  expect(readSettings({ HTTP_MAX_CONNECTIONS: '100' }).HTTP_MAX_CONNECTIONS).toBe(100);
});
