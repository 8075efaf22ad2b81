import { describe, expect, it } from 'vitest';
import { createVitest } from 'vitest/node';
import { projectFiles, readProjectFile, ROOT } from './markdown.js';

const { scripts } = JSON.parse(readProjectFile('package.json')) as { scripts: Record<string, string> };

/** The tiers that a script runs; all of them where it names none. */
const tiersOf = (script: string): string[] =>
  [...(scripts[script] ?? '').matchAll(/--project (\w+)/g)].map(([, tier = '']) => tier);

/** What vitest itself finds, file by file: the tiers that run it. */
async function tiersByFile(): Promise<Map<string, string[]>> {
  const vitest = await createVitest('test', { root: ROOT, watch: false, reporters: [] });
  try {
    const found = new Map<string, string[]>();
    for (const { moduleId, project } of await vitest.globTestSpecifications()) {
      found.set(moduleId, [...(found.get(moduleId) ?? []), project.name]);
    }
    return found;
  } finally {
    await vitest.close();
  }
}

describe('every test', () => {
  it('is in one tier', { timeout: 60_000 }, async () => {
    const tiers = await tiersByFile();
    // Examples are packages of their own, whose tests run in test/examples.
    const files = projectFiles('.').filter(
      (file) => /\.(spec|test)\.[cm]?[jt]sx?$/.test(file) && !file.startsWith('examples/'),
    );
    expect(files.length).toBeGreaterThan(150);
    const counted = files.map((file) => [file, tiers.get(`${ROOT}/${file}`)?.length ?? 0] as const);
    expect(counted.filter(([, count]) => count !== 1)).toEqual([]);
    expect(tiers.size).toBe(files.length);
    expect([...new Set([...tiers.values()].flat())].sort()).toEqual(
      [...tiersOf('test'), ...tiersOf('test:heavy')].sort(),
    );
  });

  it('is run by CI, and by test:all', () => {
    const ran = [...readProjectFile('.ci/run').matchAll(/^npm (?:run )?(test[\w:]*)$/gm)].map(
      ([, name]) => name,
    );
    expect(ran).toEqual(['test', 'test:heavy']);
    expect(scripts['test:all']).toMatch(/ && vitest run$/);
  });
});
