import { expect, it } from 'vitest';
import { readSettings } from '../config/index.js';
import { connectionsWithin, neededFiles, softLimit, tooFewOpenFiles } from './open-files.js';

const READERS = 8;

it('reads the limit of the system', () => {
  const line = 'Max processes 1 2 processes\nMax open files            1024                 4096  files \n';
  expect(softLimit(line)).toBe(1024);
  expect(softLimit('Max open files            unlimited            unlimited            files     \n')).toBe(
    Infinity,
  );
  expect(softLimit('')).toBeUndefined();
});

it('explains a limit that is too low to start', () => {
  expect(tooFewOpenFiles(256)).toContain('may have 256 files open, and needs 768 to start');
  expect(tooFewOpenFiles(768)).toBeUndefined();
  expect(tooFewOpenFiles(Infinity)).toBeUndefined();
});

it('keeps the limits on connections if there are enough files', () => {
  const settings = readSettings({ DB_POOL_SIZE: '6' });
  const needed = neededFiles(settings, READERS);
  expect(needed).toBe(22_000 + 6 + READERS + 250);
  expect(connectionsWithin(needed, settings, READERS)).toBeUndefined();
  expect(connectionsWithin(Infinity, settings, READERS)).toBeUndefined();
});

it('reduces the limits on connections to the files, with a share for requests', () => {
  const settings = readSettings({ DB_POOL_SIZE: '6' });
  expect(connectionsWithin(1_024, settings, READERS)).toEqual({
    HTTP_MAX_CONNECTIONS: 760,
    TELEMETRY_MAX_CONNECTIONS: 570,
  });
  expect(connectionsWithin(20_000, settings, READERS)).toEqual({
    HTTP_MAX_CONNECTIONS: 19_736,
    TELEMETRY_MAX_CONNECTIONS: 17_736,
  });
  const few = readSettings({ DB_POOL_SIZE: '6', TELEMETRY_MAX_CONNECTIONS: '100' });
  expect(connectionsWithin(1_024, few, READERS)).toEqual({
    HTTP_MAX_CONNECTIONS: 760,
    TELEMETRY_MAX_CONNECTIONS: 100,
  });
});
