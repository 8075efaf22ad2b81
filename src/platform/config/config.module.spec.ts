import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.js';
import { ConfigModule } from './index.js';

it('reads variables from a .env file, beneath the process environment', async () => {
  const directory = await tempDir('env');
  const path = join(directory, '.env');
  expect(await ConfigModule.environment(path)).toEqual(process.env);
  await writeFile(
    path,
    '# comment\nDATA_DIR=/var/data # comment\nexport PORT="8081"\nAPI_TOKENS=\'read:a#b\'\nPATH=/from/file\n',
  );
  expect(await ConfigModule.environment(path)).toEqual({
    ...process.env,
    DATA_DIR: '/var/data',
    PORT: '8081',
    API_TOKENS: 'read:a#b',
  });
  await rm(directory, { recursive: true });
});
