import { describe, expect, it } from 'vitest';
import { locateBinaries } from './binaries.js';
import { EmbeddedPostgresUnavailableError } from './errors.js';

describe('locateBinaries', () => {
  it('finds the programs of this platform without importing the package that hooks into the exit', async () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = listeners();
    const binaries = await locateBinaries();
    expect(binaries.version).toMatch(/^\d+\./);
    expect(listeners()).toEqual(before);
  });

  it('says that there are none for a platform, and what to do', async () => {
    const failure = locateBinaries('sunos', 'sparc');
    await expect(failure).rejects.toThrow(EmbeddedPostgresUnavailableError);
    await expect(failure).rejects.toThrow(/no binaries for sunos on sparc\. Set DATABASE_URL/);
  });

  it('says that an optional package is missing, and how to have it', async () => {
    const other = process.platform === 'darwin' ? ['win32', 'x64'] : ['darwin', 'arm64'];
    await expect(locateBinaries(other[0], other[1])).rejects.toThrow(/not installed\..*--include=optional/);
  });
});
