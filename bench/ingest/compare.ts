import type { BenchPostgres } from '../support/bench-postgres.js';
import { median, printResult } from '../support/result.js';
import { Build } from './build.js';
import type { Figures } from './rounds.js';

/** A round with one build, on empty tables. */
export type Round = (build: Build) => Promise<Figures>;

/** Measures one build, round by round, and prints the medians. */
export async function measureAlone(postgres: BenchPostgres, round: Round, rounds: number): Promise<void> {
  await using build = await Build.start(postgres, 'this');
  await round(build);
  const done: Figures[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    const figures = await round(build);
    done.push(figures);
    console.log(`round ${number.toString()}: ${listed(figures)}`);
  }
  printResult(medians(done));
}

/**
 * Measures this build and another one in turn, each on a database of its own in the same PostgreSQL, the other one
 * idle meanwhile; and prints for each figure the median of the ratios of a pair, this ÷ other.
 *
 * @param checkout the directory of the other one, which is built
 */
export async function comparePairs(
  postgres: BenchPostgres,
  checkout: string,
  round: Round,
  pairs: number,
): Promise<void> {
  // Autovacuum comes about once a minute, and would fall to one of the two by chance.
  await postgres.stopAutovacuum();
  await using ours = await Build.start(postgres, 'this');
  await using other = await Build.start(postgres, 'other', checkout);
  console.log(`Warming up both; then ${pairs.toString()} pairs, this ÷ other.`);
  await round(ours);
  await round(other);
  const done: { ours: Figures; other: Figures; ratio: Figures }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Neither is always the first: what comes later finds the machine in another state.
    const first = pair % 2 === 0 ? ours : other;
    const second = first === ours ? other : ours;
    const found = new Map([[first, await round(first)]]);
    found.set(second, await round(second));
    const figures = { ours: found.get(ours) ?? {}, other: found.get(other) ?? {} };
    const ratio = ratios(figures.ours, figures.other);
    done.push({ ...figures, ratio });
    console.log(
      `pair ${(pair + 1).toString()}, ${first.name} first: ${listed(ratio, 3)}\n` +
        `    this  ${listed(figures.ours)}\n    other ${listed(figures.other)}`,
    );
  }
  printResult({
    pairs,
    ratio: medians(done.map(({ ratio }) => ratio)),
    ratio_lowest: ofEach(
      done.map(({ ratio }) => ratio),
      (values) => Math.min(...values),
    ),
    ratio_highest: ofEach(
      done.map(({ ratio }) => ratio),
      (values) => Math.max(...values),
    ),
    this: medians(done.map(({ ours: figures }) => figures)),
    other: medians(done.map(({ other: figures }) => figures)),
  });
}

function ratios(ours: Figures, other: Figures): Figures {
  return Object.fromEntries(
    Object.entries(ours).map(([name, value]) => [name, value / (other[name] ?? NaN)]),
  );
}

function medians(rounds: readonly Figures[]): Figures {
  return ofEach(rounds, median);
}

function ofEach(rounds: readonly Figures[], pick: (values: number[]) => number): Figures {
  return Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name) => [
      name,
      short(pick(rounds.map((figures) => figures[name] ?? NaN))),
    ]),
  );
}

function listed(figures: Figures, digits = 1): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value >= 1000 ? Math.round(value).toString() : value.toFixed(digits)}`)
    .join(', ');
}

function short(value: number): number {
  return value >= 1000 ? Math.round(value) : Math.round(value * 1000) / 1000;
}
