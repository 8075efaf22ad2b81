import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');

type Fields = Record<string, unknown>;

/** One message of each type that a Kusama node sent in 2020, with a network state of 168 kB. */
export function kusamaMessages(): Fields[] {
  return JSON.parse(readFileSync(resolve(FIXTURES, 'telemetry-messages.json'), 'utf8')) as Fields[];
}

/** What nodes of a development chain sent in 2020, as texts. */
export function developmentMessages(): string[] {
  return readFileSync(resolve(FIXTURES, 'log-messages.ndjson'), 'utf8').trim().split('\n');
}
