import { expect, it } from 'vitest';
import { misspelledSettings } from './index.js';

it('finds names that are almost those of settings', () => {
  expect(
    misspelledSettings({
      DATABASE_URI: 'x',
      LOG_EXPIRY_HOURS: 'too far away',
      JOURNAL_MODES: 'x',
      DATADIR: 'x',
      num_threads: '4',
      port: '80',
    }),
  ).toEqual([
    { given: 'DATABASE_URI', meant: 'DATABASE_URL' },
    { given: 'JOURNAL_MODES', meant: 'JOURNAL_MODE' },
    { given: 'DATADIR', meant: 'DATA_DIR' },
    { given: 'num_threads', meant: 'NUM_THREADS' },
    { given: 'port', meant: 'PORT' },
  ]);
});

it('passes over settings, and the variables of other programs', () => {
  const others = {
    PORT: '8080',
    DATABASE_URL: 'x',
    RUST_LOG: 'info',
    HOME: '/',
    PATH: '/bin',
    HOSTNAME: 'x',
    HOSTS: 'x',
    SORT: 'x',
    OMP_NUM_THREADS: '1',
    NODE_ENV: 'production',
    POSTGRES_PASSWORD: 'x',
    npm_config_loglevel: 'error',
  };
  expect(misspelledSettings(others)).toEqual([]);
});
