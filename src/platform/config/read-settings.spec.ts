import { describe, expect, it } from 'vitest';
import { inspect } from 'node:util';
import { problemsOf } from '../../../test/support/setting-problems.js';
import { readSettings, settingDocs, Settings } from './index.js';

describe('readSettings', () => {
  it("has the seed's defaults", () => {
    expect(readSettings({})).toMatchObject({
      PORT: 8080,
      HOST: '0.0.0.0',
      HEARTBEAT_INTERVAL: 5,
      CLIENT_TIMEOUT_S: 10,
      PURGE_INTERVAL_S: 600,
      LOG_EXPIRY_H: 280_320,
      MAX_PENDING_CONNECTIONS: 8192,
      WS_MAX_PAYLOAD: 524_288,
      DB_BATCH_SIZE: 1024,
      DB_SAVE_LATENCY_MS: 100,
      CACHE_UPDATE_TIMEOUT_S: 15,
      CACHE_UPDATE_INTERVAL_MS: 1000,
      CACHE_EXPIRY_S: 3600,
    });
  });

  it('treats an empty variable as not set', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: ' ', LOG_LEVEL: '' })).toMatchObject({
      PORT: 8080,
      LOG_LEVEL: 'info',
    });
  });

  it('reads integers with underscores, as the seed writes them', () => {
    expect(readSettings({ WS_MAX_PAYLOAD: '524_288' }).WS_MAX_PAYLOAD).toBe(524_288);
  });

  it('sets the pool size to the number of writers by default', () => {
    expect(readSettings({ NUM_THREADS: '3' }).DB_POOL_SIZE).toBe(3);
    expect(readSettings({ NUM_THREADS: '3', DB_POOL_SIZE: '5' }).DB_POOL_SIZE).toBe(5);
  });

  it('reports variable, value and valid values', () => {
    expect(problemsOf({ PORT: '80.5' })).toEqual(['PORT is "80.5", but must be an integer from 0 to 65535.']);
    expect(problemsOf({ JOURNAL_MODE: 'sometimes' })).toEqual([
      'JOURNAL_MODE is "sometimes", but must be one of always, overflow, off.',
    ]);
    expect(problemsOf({ MIGRATE_ON_START: 'maybe', DB_BATCH_SIZE: '0' })).toHaveLength(2);
  });

  it('explains variables that Kubernetes sets for Services', () => {
    expect(problemsOf({ METRICS_PORT: 'tcp://10.0.0.1:9090' })[0]).toMatch(
      /^METRICS_PORT is "tcp:\/\/10\.0\.0\.1:9090", but must be an integer from 0 to 65535\. .*enableServiceLinks: false/,
    );
  });

  it('does not show the value of a secret', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db/x' });
    expect(problem).toContain('DATABASE_URL');
    expect(problem).not.toContain('hunter2');
    expect(problemsOf({ DATABASE_URL: 'postgres://u:hunter2@db/x?sslmode=verify-ca' })).toEqual([
      'DATABASE_URL is a URL with sslmode=verify-ca and no sslrootcert, but must be a URL such as ' +
        'postgres://user:password@host:5432/database.',
    ]);
  });

  it('accepts the URL and the secret of a webhook, and shows neither', () => {
    const good = {
      INSIGHT_WEBHOOK_URL: 'http://10.0.0.1:9000/hooks/hunter2?a=b',
      INSIGHT_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    };
    expect(readSettings(good)).toMatchObject(good);
    for (const [name, value] of [
      ['INSIGHT_WEBHOOK_URL', 'ftp://example.org/hunter2'],
      ['INSIGHT_WEBHOOK_URL', 'https://user:hunter2@example.org/'],
      ['INSIGHT_WEBHOOK_URL', 'hunter2'],
      ['INSIGHT_WEBHOOK_SECRET', 'hunter2hunter2hunter2hunter2hunter2hunter2'],
      ['INSIGHT_WEBHOOK_SECRET', 'whsec_hunter2'],
      ['INSIGHT_WEBHOOK_SECRET', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ] as const) {
      const [problem = ''] = problemsOf({ [name]: value });
      expect(problem).toMatch(
        new RegExp(`^${name} is a value that is not shown, but must be (a URL|whsec_)`),
      );
      expect(problem).not.toContain('hunter2');
    }
  });

  it('reports the position of an invalid token, and shows no token', () => {
    const good = 'read:0123456789abcdef';
    for (const [API_TOKENS, what] of [
      ['hunter2hunter2hunter2', 'entry 1 does not start with a scope and a colon'],
      [`${good},admin:hunter2hunter2hunter2`, 'entry 2 does not start with a scope and a colon'],
      [`${good}, write:hunter2`, 'entry 2 has too short a token'],
      [`write:${'hunter2'.repeat(100)}`, 'entry 1 has too long a token'],
      ['write:hunter2hunter2 hunter2', 'entry 1 has a token with invalid characters'],
      ['write:hunter2hunter2:hunter2', 'entry 1 has a token with invalid characters'],
      [`${good},`, 'entry 2 is empty'],
      [`${good},,${good}`, 'entry 2 is empty'],
    ] as const) {
      const [problem = ''] = problemsOf({ API_TOKENS });
      expect(problem).toMatch(
        new RegExp(`^API_TOKENS is a list whose ${what}, but must be tokens as scope:token, `),
      );
      expect(problem).not.toMatch(/hunter2|0123456789abcdef/);
    }
  });

  it('keeps hashes of tokens, not the tokens', () => {
    const settings = readSettings({ API_TOKENS: ' READ:0123456789abcdef== , write:~._-+/0123456789 ' });
    expect(settings.API_TOKENS.map(({ scope, sha256 }) => [scope, sha256.length])).toEqual([
      ['read', 32],
      ['write', 32],
    ]);
    expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toContain('0123456789');
  });

  it('accepts origins as browsers send them', () => {
    expect(readSettings({ CORS_ORIGINS: 'https://a.example, HTTP://B.example:8080' }).CORS_ORIGINS).toEqual([
      'https://a.example',
      'http://b.example:8080',
    ]);
    expect(readSettings({ CORS_ORIGINS: '*' }).CORS_ORIGINS).toEqual(['*']);
    expect(readSettings({}).CORS_ORIGINS).toEqual([]);
    for (const CORS_ORIGINS of [
      'a.example',
      'https://a.example/',
      'https://a.example:443',
      'https://*.example',
      'https://a.example,*',
      'null',
      'ftp://a.example',
      'https://user@a.example',
    ]) {
      expect(problemsOf({ CORS_ORIGINS })[0]).toContain(
        `CORS_ORIGINS is ${JSON.stringify(CORS_ORIGINS)}, but must be`,
      );
    }
  });

  it('refuses a timeout that is shorter than the heartbeat', () => {
    expect(problemsOf({ HEARTBEAT_INTERVAL: '30' })[0]).toContain('HEARTBEAT_INTERVAL');
  });

  it('understands RUST_LOG where LOG_LEVEL is not set', () => {
    expect(readSettings({ RUST_LOG: 'warn,tetcore_analytics=debug' }).LOG_LEVEL).toBe('debug');
    expect(readSettings({ RUST_LOG: 'debug', LOG_LEVEL: 'error' }).LOG_LEVEL).toBe('error');
    expect(readSettings({ RUST_LOG: 'other_crate' }).LOG_LEVEL).toBe('info');
  });

  it('accepts URLs of PostgreSQL with sockets, options and escaped passwords', () => {
    for (const DATABASE_URL of [
      'postgres://username:password@localhost/tetcore-analytics',
      'postgresql://u:p%40ss@db.internal:5433/x?sslmode=require',
      'postgres://postgres@127.0.0.1:5432/x',
      'postgres:///x?host=/var/run/postgresql',
      'postgresql://user:pw@/db?host=/sock',
      'postgres://u:p@my_db:5432/x',
    ]) {
      expect(problemsOf({ DATABASE_URL })).toEqual([]);
    }
  });

  it('names an invalid port of DATABASE_URL, and nothing else of it', () => {
    for (const [DATABASE_URL, port] of [
      ['postgres://u:hunter2@db:99999/x', '99999'],
      ['postgresql://db:0?user=u', '0'],
      ['postgres://u:hunter2@[2001:db8::1]:65536', '65536'],
    ] as const) {
      expect(problemsOf({ DATABASE_URL })).toEqual([
        `DATABASE_URL has the port ${port}, but a port must be an integer from 1 to 65535.`,
      ]);
    }
    for (const DATABASE_URL of ['postgres://u:99999@db/x', 'postgres://u:p@db:65535/x', 'postgres://[::1]/x'])
      expect(problemsOf({ DATABASE_URL })).toEqual([]);
  });

  it('takes names of roles that need no thought, and not that of the user of the server', () => {
    for (const DB_READER_ROLE of ['grafana', '_r', 'read-only_2', 'r'.repeat(63)]) {
      expect(readSettings({ DB_READER_ROLE: ` ${DB_READER_ROLE} ` }).DB_READER_ROLE).toBe(DB_READER_ROLE);
    }
    for (const DB_READER_ROLE of [
      'Grafana',
      '1st',
      'a b',
      'a"; DROP TABLE x',
      'pg_monitor',
      'public',
      'none',
      'größe',
      'r'.repeat(64),
    ]) {
      expect(problemsOf({ DB_READER_ROLE })).toEqual([
        `DB_READER_ROLE is ${JSON.stringify(DB_READER_ROLE)}, but must be a name of up to 63 lower-case letters, ` +
          'digits, _ or -, starting with a letter or _, but not with pg_.',
      ]);
    }
    for (const DATABASE_URL of [
      'postgres://the%2Dserver:p@db/x',
      'postgres://db/x?user=the-server',
      'postgres://other@db/x?user=the-server',
    ]) {
      expect(problemsOf({ DATABASE_URL, DB_READER_ROLE: 'the-server' })).toEqual([
        'DB_READER_ROLE is "the-server", but must be a different role than the user of DATABASE_URL.',
      ]);
      expect(problemsOf({ DATABASE_URL, DB_READER_ROLE: 'other' })).toEqual([]);
    }
  });

  it('accepts passwords of roles unchanged, and does not show invalid ones', () => {
    for (const DB_READER_PASSWORD of [' ~8 chars', '\'\\"$`{}();', 'p'.repeat(256)]) {
      expect(readSettings({ DB_READER_PASSWORD }).DB_READER_PASSWORD).toBe(DB_READER_PASSWORD);
    }
    for (const DB_READER_PASSWORD of [
      'hunter2',
      'hunter2\thunter2',
      'hünter2hünter2',
      'hunter2'.repeat(37),
    ]) {
      const [problem = ''] = problemsOf({ DB_READER_PASSWORD });
      expect(problem).toBe(
        'DB_READER_PASSWORD is a value that is not shown, but must be 8 to 256 printable ASCII characters.',
      );
    }
  });

  it('documents every setting', () => {
    const docs = settingDocs(Settings);
    for (const name of Object.keys(readSettings({ DATABASE_URL: 'postgres://a/b' }))) {
      expect(docs.get(name)?.about, name).toBeTruthy();
      expect(docs.get(name)?.expected, name).toBeTruthy();
    }
  });
});

it('accepts IPv4 and IPv6 addresses and subnets', () => {
  const given = { TRUSTED_PROXIES: ' 10.0.0.0/8,2001:db8::/32 , 192.0.2.7' };
  expect(readSettings(given).TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  expect(readSettings({ TELEMETRY_ALLOWED_IPS: ' ' }).TELEMETRY_ALLOWED_IPS).toEqual([]);
});

it('reports every invalid entry of a list of addresses', () => {
  const takes =
    'must be addresses or subnets such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, separated by commas.';
  for (const name of ['TRUSTED_PROXIES', 'TELEMETRY_ALLOWED_IPS']) {
    expect(problemsOf({ [name]: '10.0.0.0/33, 10.0.0.1, localhost' })).toEqual([
      `${name} is a list with "10.0.0.0/33" and "localhost" in it, but ${takes}`,
    ]);
    expect(problemsOf({ [name]: '10.0.0.1,' })).toEqual([`${name} is a list with "" in it, but ${takes}`]);
  }
});

it('derives HTTP_MAX_CONNECTIONS from the limit of nodes', () => {
  expect(readSettings({}).HTTP_MAX_CONNECTIONS).toBe(22_000);
  expect(readSettings({ TELEMETRY_MAX_CONNECTIONS: '500' }).HTTP_MAX_CONNECTIONS).toBe(2_500);
  expect(readSettings({ HTTP_MAX_CONNECTIONS: '100' }).HTTP_MAX_CONNECTIONS).toBe(100);
});
