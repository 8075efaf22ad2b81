import { describe, expect, it } from 'vitest';
import { InvalidSettingsError, readSettings, settingDocs, Settings } from './index.js';

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.problems;
    throw error;
  }
};

describe('readSettings', () => {
  it("takes the seed's defaults where nothing is set", () => {
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

  it('takes a variable that is empty as not set', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: ' ', LOG_LEVEL: '' })).toMatchObject({
      PORT: 8080,
      LOG_LEVEL: 'info',
    });
  });

  it('reads whole numbers with underscores, as the seed writes them', () => {
    expect(readSettings({ WS_MAX_PAYLOAD: '524_288' }).WS_MAX_PAYLOAD).toBe(524_288);
  });

  it('gives the pool as many connections as there are writers', () => {
    expect(readSettings({ NUM_THREADS: '3' }).DB_POOL_SIZE).toBe(3);
    expect(readSettings({ NUM_THREADS: '3', DB_POOL_SIZE: '5' }).DB_POOL_SIZE).toBe(5);
  });

  it('names the variable, what it got and what it takes', () => {
    expect(problemsOf({ PORT: '80.5' })).toEqual([
      'PORT is "80.5", but takes a whole number from 0 to 65535.',
    ]);
    expect(problemsOf({ JOURNAL_MODE: 'sometimes' })).toEqual([
      'JOURNAL_MODE is "sometimes", but takes one of always, overflow, off.',
    ]);
    expect(problemsOf({ MIGRATE_ON_START: 'maybe', DB_BATCH_SIZE: '0' })).toHaveLength(2);
  });

  it('does not repeat the value of a secret', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://root:hunter2@db/x' });
    expect(problem).toContain('DATABASE_URL');
    expect(problem).not.toContain('hunter2');
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
      'postgres://u:p@my_db:5432/x',
    ]) {
      expect(problemsOf({ DATABASE_URL })).toEqual([]);
    }
  });

  it('documents every setting', () => {
    const docs = settingDocs(Settings);
    for (const name of Object.keys(readSettings({ DATABASE_URL: 'postgres://a/b' }))) {
      expect(docs.get(name)?.about, name).toBeTruthy();
      expect(docs.get(name)?.takes, name).toBeTruthy();
    }
  });
});
