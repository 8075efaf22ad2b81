import { genesisHashOf, typeNumber } from '../../../src/storage/index.js';
import type { TestDatabase } from '../../support/databases.js';
import { ToldHistory, unusedId } from './told-history.js';

/** Messages of a minute, as text: what no double holds is no number of JavaScript either. */
const LIES = [
  [typeNumber('system.interval'), '{"peers":1e400,"bandwidth_upload":1e400,"bandwidth_download":1e-400}'],
  [typeNumber('system.interval'), '{"height":900000000000000000,"finalized_height":0,"txcount":-1}'],
  [typeNumber('block.import'), '{"height":900000000000000000}'],
  [
    typeNumber('system.network_state'),
    '{"state":{"peerset":{"nodes":{"liar":{"reputation":-1e400,"connected":true}}}}}',
  ],
] as const;
const TYPES = new Set(LIES.map(([type]) => type));

/** A node that is connected once for each chain all the time, and says what is not so, and what no double holds. */
export class Liar implements AsyncDisposable {
  readonly peerId = 'liar';

  private constructor(
    private readonly database: TestDatabase,
    private readonly connections: readonly number[],
    /** How many messages it has sent. */
    readonly said: number,
  ) {}

  /** It ends with the others: at a point where it spoke alone, it alone would be believed. `await using` takes all back. */
  static async speak({ database, chains }: ToldHistory): Promise<Liar> {
    const connections: number[] = [];
    let said = 0;
    for (const [key, label] of chains) {
      const chain = label.replace(/ \(.*/, '');
      const id = await unusedId(database);
      const its = {
        id,
        chain,
        genesis_hash: genesisHashOf(key),
        peer_id: 'liar',
        name: 'liar',
        types: [...TYPES],
        ended_at: null,
      };
      await database.query(
        `INSERT INTO peer_connections
         SELECT (jsonb_populate_record(one, $2)).* FROM peer_connections AS one WHERE created_at < $1 LIMIT 1`,
        [ToldHistory.from, { ...its, created_at: ToldHistory.from, oldest_created_at: ToldHistory.from }],
      );
      connections.push(id);
      for (const [type, logs] of LIES) {
        const stored = await database.query(
          `INSERT INTO logs_expiring (created_at, received_at, peer_connection_id, collector, type, logs)
           SELECT at, at, $3, $3::bigint >> 32, $4, $5::jsonb FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 min', '1 min') AS at RETURNING id`,
          [ToldHistory.from, ToldHistory.to, id, type, logs],
        );
        said += stored.length;
      }
    }
    return new Liar(database, connections, said);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.query('DELETE FROM logs_expiring WHERE peer_connection_id = ANY ($1)', [
      this.connections,
    ]);
    await this.database.query('DELETE FROM peer_connections WHERE id = ANY ($1)', [this.connections]);
  }
}
