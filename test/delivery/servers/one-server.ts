import type { Ends } from '../../support/ends.js';
import { FaultyPostgres } from '../../support/faulty-postgres.js';
import { databaseNamed } from '../../support/on-database.js';
import { readStored } from '../database/stored.js';
import type { NodeRecord } from '../fleet/records.js';
import { type Balance, balance } from '../ledger/ledger.js';
import { Replica } from './replica.js';

/**
 * What a replica sets for the sake of its tests; a variable that is empty is not set. With its own defaults what is
 * measured is what an operator gets.
 */
export const OWN_DEFAULTS = { QUEUE_MAX_MIB: '', JOURNAL_MAX_MIB: '', SHUTDOWN_TIMEOUT_S: '' };

export interface OneServerOptions {
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
  /** Done to PostgreSQL before the server is there. */
  prepare?: (postgres: FaultyPostgres) => Promise<void>;
  /** Gives the URL by which the server gets to its database; that of the database unless given. */
  reach?: (databaseUrl: string) => Promise<string>;
}

/** A server with its own default settings on a PostgreSQL of its own. */
export class OneServer {
  private constructor(
    readonly postgres: FaultyPostgres,
    readonly databaseUrl: string,
    readonly replica: Replica,
  ) {}

  /** @param ends gets what is started, and ends it */
  static async start(ends: Ends, { main, prepare, reach }: OneServerOptions): Promise<OneServer> {
    const postgres = ends.add(await FaultyPostgres.start());
    await prepare?.(postgres);
    const databaseUrl = databaseNamed(postgres.url, 'delivery');
    const replica = ends.add(
      await Replica.start({
        index: 0,
        databaseUrl: (await reach?.(databaseUrl)) ?? databaseUrl,
        mount: false,
        main,
        environment: OWN_DEFAULTS,
      }),
    );
    return new OneServer(postgres, databaseUrl, replica);
  }

  /**
   * Waits until everything that was sent is delivered, stops the server, and compares.
   *
   * @param nodes all that there were; they have closed their sockets
   */
  async settle(nodes: readonly NodeRecord[], limitMs: number): Promise<Balance> {
    const { replica, databaseUrl } = this;
    await replica.delivered(limitMs);
    await replica.stopAfterAll();
    const stored = await readStored(databaseUrl);
    return balance({ nodes, runs: replica.runs, stored, damaged: [] });
  }
}
