// Loaded first by every program, also by versions of Node.js that cannot load the rest of the package. So it is written in
// the syntax of Node.js 12, and imports built-in modules only.
import { readFileSync } from 'fs';

/** The folder of package.json, from `src` and from `dist`. */
const ROOT = new URL('../', import.meta.url);

function manifest() {
  return JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
}

function engines() {
  return manifest().engines.node;
}

function parts(version) {
  return version.split('.').map(Number);
}

/** Whether a version is at least a minimum, both as lists of numbers. */
function isAtLeast(version, min) {
  for (let index = 0; index < min.length; index += 1) {
    const difference = (version[index] || 0) - min[index];
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The alternatives of a range such as `^22.13.0 || >=24.11.0`: only these two operators are known. */
function alternativesOf(range) {
  return range.split('||').map((text) => {
    const match = /^\s*(\^|>=)(\d+\.\d+\.\d+)\s*$/.exec(text);
    if (match === null) throw new Error(`Unknown range of versions in package.json: ${range}`);
    return { isOneMajor: match[1] === '^', min: match[2] };
  });
}

/** A line about a version of Node.js that cannot run this package; undefined for a supported one. */
export function nodeProblem(version = process.versions.node, range = engines()) {
  const all = alternativesOf(range);
  const given = parts(version);
  for (const { isOneMajor, min } of all) {
    if (isAtLeast(given, parts(min)) && (!isOneMajor || given[0] === parts(min)[0])) return undefined;
  }
  const wanted = all.map(({ isOneMajor, min }) =>
    isOneMajor ? `${parts(min)[0]} (from ${min})` : `${min} or later`,
  );
  return `Tetcore Analytics needs Node.js ${wanted.join(', ')}, and this is Node.js ${version}. Install another version: https://nodejs.org/`;
}

/** Whether logs are JSON, by the environment or `.env`: before settings are read, and if they are invalid. */
export function logsJson() {
  let format = process.env.LOG_FORMAT;
  if (format === undefined) {
    try {
      const lines = readFileSync('.env', 'utf8').match(/^\s*(?:export\s+)?LOG_FORMAT\s*[=:]\s*["'`]?\w+/gm);
      format = lines === null ? '' : /\w+$/.exec(lines[lines.length - 1])[0];
    } catch {
      format = '';
    }
  }
  return format.trim().toLowerCase() === 'json';
}

/** A line for standard error, in the format of the log, without its end. */
export function earlyLine(level, message) {
  if (!logsJson()) return message;
  return JSON.stringify({ level, time: new Date().toISOString(), pid: process.pid, message });
}

/**
 * What to install, if a module cannot be loaded because a peer dependency is missing: npm and pnpm install them, but not
 * Yarn, and not npm with `legacy-peer-deps`. Undefined for another error.
 */
export function missingPeer(message, peers = manifest().peerDependencies) {
  const match = /^Cannot find package '([^']+)'/.exec(message);
  if (match === null || !(match[1] in peers)) return undefined;
  const all = Object.keys(peers).map((name) => `${name}@${peers[name]}`);
  return `${match[1]}, a peer dependency of tetcore-analytics, is not installed. Run: npm install ${all.join(' ')}`;
}

/** Prints an error, and ends the process. */
export function failEarly(error) {
  const text =
    error instanceof Error ? missingPeer(error.message) || error.stack || error.message : String(error);
  process.stderr.write(`${earlyLine('fatal', text)}\n`);
  process.exit(1);
}

/** Ends the process if this version of Node.js is not supported. */
export function requireSupportedNode() {
  const problem = nodeProblem();
  if (problem !== undefined) failEarly(problem);
  // Until the log is set up: Node.js prints several lines of text for a warning.
  if (logsJson()) {
    process.removeAllListeners('warning');
    process.on('warning', (warning) => {
      process.stderr.write(`${earlyLine('warn', `${warning.name}: ${warning.message}`)}\n`);
    });
  }
}
