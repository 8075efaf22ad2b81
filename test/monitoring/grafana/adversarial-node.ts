import { genesisHashOf, typeNumber } from '../../../src/storage/index.js';
import type { TestDatabase } from '../../support/databases.js';
import { SentHistory, unusedId } from './sent-history.js';

/** Messages of each minute, as text: JavaScript has no numbers outside the range of a double. */
const HOSTILE_MESSAGES = [
  [typeNumber('system.interval'), '{"peers":1e400,"bandwidth_upload":1e400,"bandwidth_download":1e-400}'],
  [typeNumber('system.interval'), '{"height":900000000000000000,"finalized_height":0,"txcount":-1}'],
  [typeNumber('block.import'), '{"height":900000000000000000}'],
  [
    typeNumber('system.network_state'),
    '{"state":{"peerset":{"nodes":{"liar":{"reputation":-1e400,"connected":true}}}}}',
  ],
] as const;
const TYPES = new Set(HOSTILE_MESSAGES.map(([type]) => type));

/** A node that is connected to each chain all the time, and sends false values and numbers outside the range of a double. */
export class AdversarialNode implements AsyncDisposable {
  readonly peerId = 'liar';

  private constructor(
    private readonly database: TestDatabase,
    private readonly connections: readonly number[],
    /** Number of messages it has sent. */
    readonly sent: number,
  ) {}

  /** Sends from the start to the end of the time range, never alone. `await using` removes its rows. */
  static async speak({ database, chains }: SentHistory): Promise<AdversarialNode> {
    const connections: number[] = [];
    let sent = 0;
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
        [SentHistory.from, { ...its, created_at: SentHistory.from, oldest_created_at: SentHistory.from }],
      );
      connections.push(id);
      for (const [type, logs] of HOSTILE_MESSAGES) {
        const stored = await database.query(
          `INSERT INTO logs_expiring (created_at, received_at, peer_connection_id, collector, type, logs)
           SELECT at, at, $3, $3::bigint >> 32, $4, $5::jsonb FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 min', '1 min') AS at RETURNING id`,
          [SentHistory.from, SentHistory.to, id, type, logs],
        );
        sent += stored.length;
      }
    }
    return new AdversarialNode(database, connections, sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.query('DELETE FROM logs_expiring WHERE peer_connection_id = ANY ($1)', [
      this.connections,
    ]);
    await this.database.query('DELETE FROM peer_connections WHERE id = ANY ($1)', [this.connections]);
  }
}
