import type { FaultyPostgres } from '../../support/faulty-postgres.js';
import type { NodeMessage } from '../database/stored.js';
import type { PostgresLink } from '../database/postgres-link.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Turn } from '../schedule/turn.js';
import type { Replica } from '../servers/replica.js';

/** Everything that faults can happen to. */
export interface Stage {
  postgres: FaultyPostgres;
  /** The servers' database, past the link. */
  databaseUrl: string;
  link: PostgresLink;
  /** Taken by whoever changes the database or the link. */
  databaseTurn: Turn;
  replicas: readonly Replica[];
  fleet: Fleet;
  /** Messages that lay in records that were damaged, and in no table. */
  damaged: NodeMessage[];
  /** What did not go as it must. */
  problems: string[];
  say: (line: string) => void;
}

/** A fault could not be made to happen, so that the run would prove less than it says. */
export class NoFaultError extends Error {
  override readonly name = 'NoFaultError';
}
