import { tooFewOpenFiles } from './platform/open-files/index.js';

// Before other modules are loaded, which fails with an unhelpful error if too few files may be open.
const problem = tooFewOpenFiles();
if (problem !== undefined) {
  console.error(problem);
  process.exit(1);
}
await import('reflect-metadata');
const { run } = await import('./server/index.js');
process.exit(await run());
