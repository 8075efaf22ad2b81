// Unsupported versions of Node.js run this file too: it has the syntax of Node.js 12, and no static imports.
export {};

async function main(): Promise<void> {
  const { requireSupportedNode, failEarly } = await import('./preflight.mjs');
  requireSupportedNode();
  try {
    // Before other modules are loaded, which fails with an unhelpful error if too few files may be open.
    const { tooFewOpenFiles } = await import('./platform/open-files/index.js');
    const problem = tooFewOpenFiles();
    if (problem !== undefined) failEarly(problem);
    await import('reflect-metadata');
    const { run } = await import('./server/index.js');
    process.exit(await run());
  } catch (error) {
    failEarly(error);
  }
}

void main();
