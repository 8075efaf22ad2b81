import { describe, expect, it } from 'vitest';
import { postgresAddress, readPostgresUrl, sslParameters } from './index.js';

const faultOf = (text: string): string | undefined => {
  const result = readPostgresUrl(text);
  return 'fault' in result ? result.fault : undefined;
};
const urlOf = (text: string): string => {
  const result = readPostgresUrl(text);
  if ('fault' in result) throw new Error(result.fault);
  return result.url;
};

describe('readPostgresUrl', () => {
  it('accepts a user without a host, which is a parameter', () => {
    const at = (text: string) => postgresAddress(urlOf(text));
    expect(at('postgresql://user:p%40w@/db?host=/sock')).toEqual({
      host: '/sock',
      port: '5432',
      user: 'user',
      database: 'db',
    });
    expect(at('postgresql://user:pw@/db?host=/sock&port=6432')).toMatchObject({
      host: '/sock',
      port: '6432',
    });
    expect(at('postgresql://user@/db?host=db.example')).toMatchObject({ host: 'db.example', user: 'user' });
    expect(at('postgresql://user:pw@/')).toEqual({
      host: 'localhost',
      port: '5432',
      user: 'user',
      database: 'user',
    });
    expect(at('postgres:///db?host=/sock&user=me')).toMatchObject({
      host: '/sock',
      user: 'me',
      database: 'db',
    });
    expect(at('postgres://u@[::1]:5433/x')).toMatchObject({ host: '::1', port: '5433' });
    const url = new URL(urlOf('postgresql://user:p%40w@/db?host=/sock&options=-csearch_path%3Dx'));
    expect([url.password, url.searchParams.get('options')]).toEqual(['p%40w', '-csearch_path=x']);
  });

  it('says what is wrong, without what may be a password', () => {
    for (const [text, fault] of [
      ['mysql://root:hunter2@db/x', 'a value that is not shown'],
      ['postgres://u:hunter2@db:99999/x', 'a URL with the port 99999'],
      ['postgres://u:hunter2@db:port/x', 'not a valid URL'],
      ['postgres://u:hunter2/3@db/x', 'a URL with a password that must be percent-encoded'],
      ['postgres://u:hunter2@a,b/x', 'a URL with several hosts'],
      ['postgres://u:hunter2@db/x?sslmode=on', 'a URL with the unknown sslmode "on"'],
      ['postgres://u:hunter2@db/x?sslmode=verify-ca', 'a URL with sslmode=verify-ca and no sslrootcert'],
      [
        'postgres://u:hunter2@db/x?sslrootcert=system&sslmode=require',
        'sslmode=require instead of verify-full',
      ],
      ['postgres://u:hunter2@db/x?sslnegotiation=direct&sslmode=prefer', 'which may be unencrypted'],
      ['postgres://u:hunter2@db/x?sslcert=/a', 'a URL with only one of sslcert and sslkey'],
    ] as const) {
      expect(faultOf(text)).toContain(fault);
      expect(faultOf(text)).not.toContain('hunter');
    }
  });

  it('reads the mode of TLS as libpq does', () => {
    const modeOf = (query: string) => sslParameters(`postgres://db/x?${query}`).mode;
    expect(modeOf('')).toBe('prefer');
    expect(modeOf('sslmode=require')).toBe('require');
    expect(modeOf('sslrootcert=system')).toBe('verify-full');
    expect(modeOf('sslnegotiation=direct')).toBe('require');
    // Of node-postgres.
    expect(modeOf('ssl=true')).toBe('verify-full');
    expect(modeOf('ssl=no-verify')).toBe('no-verify');
  });
});
