import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { InvalidSettingsError } from '../../platform/config/index.js';
import { AddressLabels, ChainSettings, isBelow } from './index.js';

const HASH = `0x${'ab'.repeat(32)}`;

let folder: string;
beforeAll(async () => {
  folder = await tempDir('insight-settings');
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (content: unknown): Promise<string> => {
  const path = join(folder, 'file.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const problemsOf = async (reading: Promise<unknown>): Promise<string> => {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidSettingsError);
  return (error as InvalidSettingsError).message.replaceAll(join(folder, 'file.json'), 'FILE');
};

describe('settings of chains', () => {
  it('are found by genesis hash, or by name', async () => {
    const path = await file({
      [HASH.toUpperCase().replace('0X', '0x')]: { slot_ms: 12_000, finality_lag: 30 },
      Polkadot: { min_version: '1.17.0', min_version_at: '2026-12-15' },
      'name:Old': { slot_ms: 3_000 },
    });
    const settings = await ChainSettings.read(path);
    expect(settings.of({ key: HASH, name: 'Polkadot' })).toMatchObject({ slot_ms: 12_000, finality_lag: 30 });
    expect(settings.of({ key: HASH, name: 'Polkadot' }).min_version).toBeUndefined();
    expect(settings.of({ key: 'name:Polkadot', name: 'Polkadot' })).toMatchObject({
      min_version: '1.17.0',
      min_version_at: new Date('2026-12-15T00:00:00Z'),
      finality_lag: 16,
    });
    expect(settings.of({ key: 'name:Old', name: null }).slot_ms).toBe(3_000);
    const other = { key: `0x${'cd'.repeat(32)}`, name: 'Kusama' };
    expect(settings.of(other)).toEqual({ finality_lag: 16 });
    expect(settings.has(other)).toBe(false);
    expect(settings.has({ key: HASH, name: null })).toBe(true);
  });

  it('are the defaults without a file', async () => {
    const settings = await ChainSettings.read(undefined);
    expect(settings.of({ key: HASH, name: 'Polkadot' })).toEqual({ finality_lag: 16 });
  });

  it.each([
    [
      { Polkadot: { slot_ms: '6s' } },
      'In "Polkadot", slot_ms is "6s", but must be an integer from 100 to 3600000.',
    ],
    [{ Polkadot: { slot_ms: 6 } }, 'slot_ms is 6, but must be'],
    [
      { Polkadot: { slots: 6 } },
      'In "Polkadot", "slots" is no setting. Use slot_ms, min_version, min_version_at, finality_lag.',
    ],
    [
      { Polkadot: { min_version: 'latest' } },
      'min_version is "latest", but must be numbers with dots such as 1.17.0.',
    ],
    [
      { Polkadot: { min_version: '1.17.0', min_version_at: '2026-02-30' } },
      'min_version_at is "2026-02-30", but must be a day',
    ],
    [
      { Polkadot: { min_version: '1.17.0', min_version_at: 'soon' } },
      'min_version_at is "soon", but must be a day',
    ],
    [{ Polkadot: { min_version_at: '2026-12-15' } }, 'min_version_at is set, but min_version is not.'],
    [{ Polkadot: { finality_lag: 1 } }, 'finality_lag is 1, but must be an integer from 2 to'],
    [{ Polkadot: 6 }, 'In "Polkadot", there must be an object.'],
    [{ [HASH]: {}, [HASH.toUpperCase().replace('0X', '0x')]: {} }, 'is there twice.'],
    [[], 'The file must have a JSON object.'],
    ['{"a":', 'The file is not JSON: '],
    [`{"a": "${'x'.repeat(1_100_000)}"}`, 'it has more than 1048576 bytes'],
    [
      Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [index.toString(), {}])),
      'more than 1000 chains',
    ],
  ])('rejects %.60j', async (content, problem) => {
    const text = await problemsOf(ChainSettings.read(await file(content)));
    expect(text).toContain(problem);
    expect(text).toMatch(/^INSIGHT_CHAINS_FILE, FILE: /);
  });

  it('has a line for each problem', async () => {
    const path = await file({ A: { slot_ms: 1, finality_lag: 0 }, B: { x: 1 } });
    expect((await problemsOf(ChainSettings.read(path))).split('\n')).toHaveLength(3);
  });

  it('rejects a file that does not exist', async () => {
    const text = await problemsOf(ChainSettings.read(join(folder, 'none.json')));
    expect(text).toContain('The file cannot be read: ENOENT');
  });
});

describe('labels of addresses', () => {
  it('are those of the smallest subnet', async () => {
    const labels = await AddressLabels.read(
      await file({ '10.0.0.0/8': 'office', '10.1.0.0/16': 'Falkenstein 1', '2001:db8::/32': 'other' }),
    );
    expect(labels.of('10.1.2.3')).toBe('Falkenstein 1');
    expect(labels.of('::ffff:10.2.0.1')).toBe('office');
    expect(labels.of('2001:db8::1')).toBe('other');
    for (const address of ['192.0.2.1', '::1', 'host.example', '']) expect(labels.of(address)).toBeNull();
    expect((await AddressLabels.read(undefined)).of('10.1.2.3')).toBeNull();
  });

  it.each([
    [{ '10.0.0.0/8': 'a', '10.0.0.1/8': 'b' }, '10.0.0.1/8 is there twice.'],
    [{ '10.0.0.0/33': 'a' }, '10.0.0.0/33 is neither an address nor a subnet.'],
    [{ '10.0.0.0/8': 1 }, 'The label of "10.0.0.0/8" is 1, but must be 1 to 64 printable characters.'],
    [{ '10.0.0.0/8': '' }, 'is "", but'],
    [{ '10.0.0.0/8': 'a\nb' }, 'is "a\\nb", but'],
    [{ '10.0.0.0/8': 'x'.repeat(65) }, 'but must be 1 to 64'],
    [
      Object.fromEntries(
        Array.from({ length: 201 }, (_, index) => [`10.0.0.${index.toString()}`, `l${index.toString()}`]),
      ),
      'more than 200 different labels',
    ],
    [
      Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [index.toString(), 'a'])),
      'more than 20000 subnets',
    ],
  ])('rejects %.60j', async (content, problem) => {
    const text = await problemsOf(AddressLabels.read(await file(content)));
    expect(text).toContain(problem);
    expect(text).toMatch(/^LABELS_FILE, FILE: /);
  });
});

it('compares versions by their numbers', () => {
  for (const [version, least, below] of [
    ['1.16.2-4d8d1d5c2a5', '1.17.0', true],
    ['1.17.0-4d8d1d5c2a5', '1.17.0', false],
    ['1.9.0', '1.10', true],
    ['v2.0', '1.99.99', false],
    ['2', '2.0.0', false],
    ['2.0.0', '2.0.0.1', true],
    ['unknown', '1.0', undefined],
    ['', '1.0', undefined],
    ['1.2.3.4.5', '1.0', undefined],
  ] as const) {
    expect(isBelow(version, least), version).toBe(below);
  }
});
