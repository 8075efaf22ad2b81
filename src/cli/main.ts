#!/usr/bin/env node
// Unsupported versions of Node.js run this file too: it has the syntax of Node.js 12, and no static imports.
export {};

async function main(): Promise<void> {
  const { requireSupportedNode, failEarly } = await import('../preflight.mjs');
  requireSupportedNode();
  try {
    const { runCommandLine } = await import('./run-command-line.js');
    await runCommandLine(process.argv.slice(2));
  } catch (error) {
    failEarly(error);
  }
}

void main();
