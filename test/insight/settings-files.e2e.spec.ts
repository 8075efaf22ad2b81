import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AddressLabels, ChainSetting, ChainSettings } from '../../src/insight/settings/index.js';
import { settingDocs } from '../../src/platform/config/index.js';
import { TestDatabase } from '../support/databases.js';
import { codesIn, readProjectFile, tableUnder } from '../support/markdown.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';

it('a server reads the files of INSIGHT_CHAINS_FILE and LABELS_FILE, or does not start', async () => {
  const folder = await tempDir('settings-files');
  const [chains, labels] = [join(folder, 'chains.json'), join(folder, 'labels.json')];
  const environment = { INSIGHT_CHAINS_FILE: chains, LABELS_FILE: labels };
  await using database = await TestDatabase.create();
  await writeFile(chains, '{"Polkadot": {"slot_ms": 6000}}');
  await writeFile(labels, '{"10.0.0.0/8": "office"}');
  {
    await using server = await TestServer.ready(database.url, environment);
    const setting = server.app.get(ChainSettings, { strict: false }).of({ key: 'name:x', name: 'Polkadot' });
    expect(setting.slot_ms).toBe(6_000);
    expect(server.app.get(AddressLabels, { strict: false }).of('10.0.0.1')).toBe('office');
  }
  await writeFile(chains, '{"Polkadot": {"slot_ms": 0}}');
  await expect(TestServer.start(database.url, environment)).rejects.toThrow(
    `INSIGHT_CHAINS_FILE, ${chains}: In "Polkadot", slot_ms is 0, but must be an integer from 100 to 3600000.`,
  );
  await rm(folder, { recursive: true });
});

it('docs/configuration.md has the settings of chains', () => {
  const rows = tableUnder(readProjectFile('docs/configuration.md'), '## Chains').map(
    ([name = '', expected, about]) => [codesIn(name)[0], expected, about],
  );
  expect(rows).toEqual(
    [...settingDocs(ChainSetting)].map(([name, { expected, about }]) => [name, expected, about]),
  );
});
