import { tooFewOpenFiles } from './platform/open-files/index.js';

// Before all else is loaded: with too few files that fails, with an error that tells nothing.
const problem = tooFewOpenFiles();
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
await import('reflect-metadata');
const { run } = await import('./server/index.js');
process.exit(await run());
