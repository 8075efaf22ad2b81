import swc from 'unplugin-swc';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** A test belongs to one tier, by the name and the place of its file. */
const TIERS = {
  unit: ['{src,dashboard}/**/*.spec.ts'],
  story: ['test/**/*.e2e.spec.ts'],
  heavy: ['test/**/*.heavy.spec.ts'],
  alone: ['test/**/*.alone.spec.ts'],
};

const tier = (name: keyof typeof TIERS): TestProjectConfiguration => ({
  // esbuild and oxc do not write the decorator metadata that Nest's injector reads.
  plugins: [
    swc.vite({
      module: { type: 'es6' },
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        keepClassNames: true,
      },
    }),
  ],
  test: {
    name,
    include: TIERS[name],
    // Tiers run one after another, and those that hold the server to a time also file by file.
    maxWorkers: name === 'alone' ? 1 : 2,
    sequence: { groupOrder: Object.keys(TIERS).indexOf(name) },
    // Loading the server takes longer than most stories do: the files of a worker share what is loaded.
    isolate: name !== 'story',
    setupFiles: ['reflect-metadata', ...(name === 'story' ? ['test/support/story-setup.ts'] : [])],
    // Browsers on a busy machine take several times as long as on one that is idle.
    testTimeout: name === 'heavy' ? 120_000 : 30_000,
    hookTimeout: 60_000,
    // A second, as it would be, is not enough for a page on a machine that is busy.
    expect: { poll: { timeout: 10_000 } },
  },
});

export default defineConfig({
  test: {
    projects: [tier('unit'), tier('story'), tier('heavy'), tier('alone')],
    // Once for all tiers, and not for each.
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
