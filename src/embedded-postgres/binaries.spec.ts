import { describe, expect, it } from 'vitest';
import { locateBinaries } from './binaries.js';
import { EmbeddedPostgresUnavailableError } from './errors.js';

describe('locateBinaries', () => {
  it('finds the programs without importing the package, which installs exit hooks', async () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = listeners();
    const binaries = await locateBinaries();
    expect(binaries.version).toMatch(/^\d+\./);
    expect(listeners()).toEqual(before);
  });

  it('reports a platform without binaries, with a remedy', async () => {
    const failure = locateBinaries('sunos', 'sparc');
    await expect(failure).rejects.toThrow(EmbeddedPostgresUnavailableError);
    await expect(failure).rejects.toThrow(/no binaries for sunos on sparc\. Set DATABASE_URL/);
  });

  it('reports a missing optional package, with a remedy', async () => {
    const other = process.platform === 'darwin' ? ['win32', 'x64'] : ['darwin', 'arm64'];
    await expect(locateBinaries(other[0], other[1])).rejects.toThrow(/not installed\..*--include=optional/);
  });
});
