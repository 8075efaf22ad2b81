import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeGrowth } from './checks.js';
import { panelsOf } from './plot/panels.js';
import { drawPlot } from './plot/small-multiples.js';
import { toCsv } from './samples/csv.js';
import type { SoakResult } from './soak.js';

export interface SoakFiles {
  csv: string;
  svg: string;
}

/** Whether everything was as it has to be. */
export function isSound({ checks }: SoakResult): boolean {
  return checks.every(({ ok }) => ok);
}

/** Prints the verdict for people, and as one JSON object in the last line for scripts. */
export function printSoak(result: SoakResult, print: (line: string) => void): void {
  for (const [name, value] of Object.entries(result.counts)) {
    print(`  ${name.replaceAll('_', ' ').padEnd(32)} ${value}`);
  }
  for (const { ok, name, detail } of result.checks) {
    print(`${ok ? '  ' : '! '}${name.padEnd(32)} ${detail}`);
  }
  for (const growth of result.otherGrowths) {
    print(`  ${`to compare: ${growth.column}`.padEnd(32)} ${describeGrowth(growth)}`);
  }
  print(isSound(result) ? 'It is sound.' : 'IT IS NOT SOUND.');
  const failed = result.checks.filter(({ ok }) => !ok).map(({ name }) => name);
  print(JSON.stringify({ sound: isSound(result), failed, ...result.counts, growths: result.growths }));
}

/** Writes the samples, and draws them. */
export async function writeFiles(result: SoakResult, title: string, directory: string): Promise<SoakFiles> {
  const { samples, growths, lengthS, faults } = result;
  await mkdir(directory, { recursive: true });
  const files = { csv: join(directory, 'samples.csv'), svg: join(directory, 'soak.svg') };
  await writeFile(files.csv, toCsv(samples));
  const times = samples.map(({ at_s }) => at_s);
  const panels = panelsOf(samples, growths, lengthS);
  await writeFile(files.svg, drawPlot({ title, times, lengthS, panels, marks: faults }));
  return files;
}
