// Builds the project if there is no build, and with --newer also if a source is newer than the build. Without --newer it
// never builds again, because a running server may use the build.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';

const ROOT = new URL('../', import.meta.url);
const BUILT = ['dist/main.js', 'static/dashboard/index.html'];
const SOURCES = [
  'src/',
  'dashboard/',
  'nest-cli.json',
  'package-lock.json',
  'package.json',
  'tsconfig.build.json',
  'tsconfig.json',
];

function changedAt(path) {
  return statSync(new URL(path, ROOT), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The time of the latest change in a folder. The time of a folder itself shows removed files. */
function latestIn(path) {
  if (!path.endsWith('/')) return changedAt(path);
  const entries = readdirSync(new URL(path, ROOT), { withFileTypes: true });
  const times = entries.map((entry) => latestIn(`${path}${entry.name}${entry.isDirectory() ? '/' : ''}`));
  return Math.max(changedAt(path), ...times);
}

const builtAt = Math.min(...BUILT.map(changedAt));
const isOutdated = process.argv.includes('--newer') && Math.max(...SOURCES.map(latestIn)) > builtAt;
if (changedAt('dist/main.js') === 0 || isOutdated) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  process.exit(status ?? 1);
}
