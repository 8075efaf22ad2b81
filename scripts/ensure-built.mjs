// Builds what has no build, and with --newer also what has sources that are newer than its build. Without --newer nothing
// is built again, because a running server may use the build.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { requireSupportedNode } from '../src/preflight.mjs';

const ROOT = new URL('../', import.meta.url);
const PARTS = [
  {
    name: 'the server',
    script: 'build:server',
    built: 'dist/main.js',
    sources: ['src/', 'package-lock.json', 'package.json', 'tsconfig.build.json', 'tsconfig.json'],
  },
  {
    name: 'the pages',
    script: 'build:pages',
    built: 'static/dashboard/index.html',
    sources: ['dashboard/', 'src/client/', 'src/storage/schema/', 'package-lock.json'],
  },
];
const TEST = /\.spec\.tsx?$/;

requireSupportedNode();
const again = process.argv.includes('--newer');
for (const { name, script, built, sources } of PARTS) {
  const reason = reasonToBuild(built, sources);
  if (reason === undefined) continue;
  console.error(`Building ${name}, which takes some seconds: ${reason}.`);
  const { status } = spawnSync('npm', ['run', '--silent', script], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function reasonToBuild(built, sources) {
  const builtAt = changedAt(built);
  if (builtAt === 0) return 'there is no build';
  if (!again) return undefined;
  const latest = sources.map(latestIn).reduce((one, other) => (other.at > one.at ? other : one));
  return latest.at > builtAt ? `${latest.path} has changed` : undefined;
}

function changedAt(path) {
  return statSync(new URL(path, ROOT), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The latest change in a folder, without tests. The time of a folder itself shows added and removed files. */
function latestIn(path) {
  const own = { path, at: changedAt(path) };
  if (!path.endsWith('/')) return own;
  return readdirSync(new URL(path, ROOT), { withFileTypes: true })
    .filter((entry) => !TEST.test(entry.name))
    .map((entry) => latestIn(`${path}${entry.name}${entry.isDirectory() ? '/' : ''}`))
    .reduce((one, other) => (other.at > one.at ? other : one), own);
}
