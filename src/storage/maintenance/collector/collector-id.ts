import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { COLLECTOR_NUMBERS, connectionId, MOST_CONNECTIONS } from '../../schema/index.js';

/** Who took messages in. The number is short, and unique only once the database has taken it down for the id. */
export interface CollectorIdentity {
  /** A UUIDv7. */
  readonly id: string;
  /** From 1 to {@link COLLECTOR_NUMBERS}, excluded. */
  readonly number: number;
}

/** A number that probably nobody has. */
export function drawCollectorNumber(): number {
  return randomInt(1, COLLECTOR_NUMBERS);
}

/** This server process, as a collector. */
@Injectable()
export class CollectorId {
  private current: CollectorIdentity = { id: uuidv7(), number: drawCollectorNumber() };
  private connections = 0;

  get identity(): CollectorIdentity {
    return this.current;
  }

  get id(): string {
    return this.current.id;
  }

  /** The number was taken: another one is ours. Only before the first connection, since its id has the number. */
  renumber(number: number): void {
    if (this.connections > 0) throw new Error('The collector number cannot change after the first connection.');
    this.current = { id: this.current.id, number };
  }

  /**
   * The id of a new connection.
   *
   * @throws RangeError after 2^32 of them
   */
  nextConnectionId(): number {
    if (this.connections === MOST_CONNECTIONS) {
      throw new RangeError('This process has used all of its 2^32 connection ids. Restart it.');
    }
    this.connections += 1;
    return connectionId(this.current.number, this.connections);
  }
}
