import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { cursorRows, ReadTransaction } from '../../storage/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import { type BenchmarkRun, findRun, type MessageRange, rangeOfEvent, rangeOfRun } from './benchmark-run.js';
import { COMPARISON, PROFILE, rangeParameters, TARGETS } from './profile-sql.js';
import type { CompareQuery, ProfileQuery } from './profile.query.js';

/** What the telemetry of the nodes says of benchmarks. */
@Injectable()
export class ProfilesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the JSON of Targets, sorted
   * @throws NotFoundException where there is no such benchmark
   */
  listTargets(id: number): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const range = await rangeOfRun(transaction, await findRun(transaction, id));
      yield* cursorRows(transaction, TARGETS, rangeParameters(range));
    });
  }

  /**
   * @returns the JSON of ProfileEntries, sorted
   * @throws NotFoundException where there is no such benchmark
   * @throws ConflictException where it names no node
   * @throws InvalidParameterError where it has no such event
   */
  profile(id: number, { event, target }: ProfileQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const range = await rangeOf(transaction, await findRun(transaction, id), event);
      yield* cursorRows(transaction, PROFILE, [target ?? null, ...rangeParameters(range)]);
    });
  }

  /**
   * @returns the JSON of ProfileComparisons, sorted
   * @throws ConflictException where one of them names no node
   * @throws InvalidParameterError where there is no such benchmark, or one has no such event
   */
  compare({ base, head, event, target }: CompareQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const ranges: MessageRange[] = [];
      for (const [parameter, id] of Object.entries({ base, head })) {
        const run = await findRun(transaction, id).catch((error: unknown) => {
          if (!(error instanceof NotFoundException)) throw error;
          throw new InvalidParameterError(parameter, 'must be the id of an existing benchmark');
        });
        ranges.push(await rangeOf(transaction, run, event));
      }
      yield* cursorRows(transaction, COMPARISON, [target ?? null, ...ranges.flatMap(rangeParameters)]);
    });
  }
}

async function rangeOf(
  transaction: ReadTransaction,
  run: BenchmarkRun,
  event: string | undefined,
): Promise<MessageRange> {
  const id = run.id.toString();
  if (run.peerId === null) {
    throw new ConflictException(
      `Benchmark ${id} names no node: it has neither setup.substrate.peerId nor benchmark_spec.substrate.peerId. ` +
        `Change it with PATCH /benchmarks/${id}.`,
    );
  }
  if (event === undefined) return await rangeOfRun(transaction, run);
  const range = await rangeOfEvent(transaction, run, event);
  if (range === undefined) {
    throw new InvalidParameterError(
      'event',
      `must be the name of an event that was started in benchmark ${id}`,
    );
  }
  return range;
}
