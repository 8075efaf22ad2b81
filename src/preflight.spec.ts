import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingPeer, nodeProblem } from './preflight.mjs';

const RANGE = '^20.19.0 || ^22.13.0 || >=24.11.0';

describe('a version of Node.js', () => {
  it.each(['20.19.0', '20.20.2', '22.13.0', '22.99.0', '24.11.0', '25.0.0', '26.1.0'])(
    '%s is supported',
    (version) => {
      expect(nodeProblem(version, RANGE)).toBeUndefined();
    },
  );

  it.each(['12.22.0', '18.20.4', '20.18.3', '21.7.0', '22.12.9', '23.11.0', '24.10.0'])(
    '%s is not, which one line says',
    (version) => {
      expect(nodeProblem(version, RANGE)).toBe(
        `Tetcore Analytics needs Node.js 20 (from 20.19.0), 22 (from 22.13.0), 24.11.0 or later, and this is Node.js ${version}. Install another version: https://nodejs.org/`,
      );
    },
  );

  it('is compared with package.json', () => {
    expect(nodeProblem()).toBeUndefined();
    expect(nodeProblem('18.20.4')).toContain('and this is Node.js 18.20.4.');
    expect(() => nodeProblem('22.13.0', '22.x')).toThrow('Unknown range');
  });
});

it('a missing peer dependency is named, with the command that installs all of them', () => {
  const peers = { rxjs: '^7.8.2', typeorm: '^1.1.1' };
  expect(missingPeer("Cannot find package 'rxjs' imported from /srv/main.js", peers)).toBe(
    'rxjs, a peer dependency of tetcore-analytics, is not installed. Run: npm install rxjs@^7.8.2 typeorm@^1.1.1',
  );
  expect(missingPeer("Cannot find package 'pg' imported from /srv/main.js", peers)).toBeUndefined();
  expect(missingPeer('Out of memory', peers)).toBeUndefined();
});

it.each(['main.ts', 'cli/main.ts', 'preflight.mjs'])('%s can be loaded by old versions', (file) => {
  const code = readFileSync(join(import.meta.dirname, file), 'utf8');
  const imports = [...code.matchAll(/^import\s.*$/gm)].map(([line]) => line);
  expect(imports).toEqual(file === 'preflight.mjs' ? ["import { readFileSync } from 'fs';"] : []);
  // Operators and fields of classes of later versions, and await outside of functions.
  expect(code).not.toMatch(/\?\?|\?\.|\|\|=|&&=|\bstatic \{|#\w+\s*[=(]|^await /m);
});
