import type { FaultyPostgres } from '../../support/faulty-postgres.js';
import type { NodeMessage } from '../database/stored.js';
import type { PostgresLink } from '../database/postgres-link.js';
import type { Fleet } from '../fleet/fleet.js';
import type { NodeRecord } from '../fleet/records.js';
import type { OperatorAct } from '../ledger/ledger.js';
import type { Turn } from '../schedule/draw-schedule.js';
import type { Replica } from '../servers/replica.js';

export interface Visit {
  replica: Replica;
  nodes: readonly NodeRecord[];
}

/** Everything that faults can happen to. */
export interface Stage {
  postgres: FaultyPostgres;
  /** The servers' database, past the link. */
  databaseUrl: string;
  link: PostgresLink;
  /** Held by a fault that changes the database or the link. */
  databaseTurn: Turn;
  replicas: readonly Replica[];
  fleet: Fleet;
  /** Messages that lay in records that were damaged, and in no table. */
  damaged: NodeMessage[];
  /** What an operator did to the database, one after the other. */
  gone: OperatorAct[];
  /** Servers that were there for a while, and their nodes. */
  visits: Visit[];
  /** How long a server is frozen for long: milliseconds. */
  longFreezeMs?: number | undefined;
  /** A server of another build. */
  otherMain?: string | undefined;
  /** What did not go as it must. */
  problems: string[];
  say: (line: string) => void;
}

/** A fault could not be made to happen, so that the run would prove less than it says. */
export class NoFaultError extends Error {
  override readonly name = 'NoFaultError';
}
