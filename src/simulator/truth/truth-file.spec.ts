import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TruthFile, TruthFileError } from './truth-file.js';

describe('TruthFile', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'truth-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has every line once, and replaces an older file', () => {
    const path = join(folder, 'truth.ndjson');
    const lines = Array.from({ length: 20_000 }, (_, index) => `{"line":${index},"text":"größer"}`);
    for (const given of [[...lines, 'older'], lines]) {
      const file = TruthFile.open(path);
      for (const line of given) file.write(line);
      file.close();
    }
    expect(readFileSync(path, 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
  });

  it('writes while it is open, so that its memory is bounded', () => {
    const path = join(folder, 'truth.ndjson');
    const file = TruthFile.open(path);
    for (let count = 0; count < 10_000; count += 1) file.write('x'.repeat(100));
    expect(readFileSync(path).length).toBeGreaterThan(700_000);
    file.close();
  });

  it('reports a file that cannot be written, with its path and the reason', () => {
    const path = join(folder, 'missing', 'truth.ndjson');
    expect(() => TruthFile.open(path)).toThrow(TruthFileError);
    expect(() => TruthFile.open(path)).toThrow(`Cannot write ${path}: ENOENT.`);
  });

  it('reports a full disk', () => {
    const file = TruthFile.open('/dev/full');
    file.write('x');
    expect(() => file.close()).toThrow('Cannot write /dev/full: ENOSPC.');
  });
});
