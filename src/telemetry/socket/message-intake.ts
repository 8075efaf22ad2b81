import { Injectable } from '@nestjs/common';
import { TokenBucket } from '../../platform/async/index.js';
import { type NodeIdentity, typeNumber } from '../../storage/index.js';
import type { RejectedMessage } from '../batch/batch.js';
import { Batcher } from '../batch/batcher.js';
import type { NodeConnection } from './node-connection.js';
import type { ParsedMessage } from '../message/message.parser.js';
import { readPeerId } from '../message/node-identity.js';
import { createdAt } from '../message/timestamp.js';
import { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import type { TelemetryEndpoint } from './telemetry-endpoint.js';

/** The bytes of a rejected message that are stored. */
export const REJECTED_HEAD_BYTES = 1024;

/** Rejected messages of which the beginning is stored, of all nodes in a second: they must not fill the disk. */
const REJECTED_PER_S = 20;

/** Adds the messages of the sockets to the open batch. */
@Injectable()
export class MessageIntake {
  private readonly rejectedLimit = new TokenBucket(REJECTED_PER_S, REJECTED_PER_S, performance.now());

  constructor(
    private readonly batcher: Batcher,
    private readonly outcomes: MessageOutcomes,
    private readonly metrics: TelemetryMetrics,
  ) {}

  /** @param identity of a `system.connected`; null for other messages */
  accept(
    connection: NodeConnection,
    message: ParsedMessage,
    identity: NodeIdentity | null,
    receivedAt: number,
  ): void {
    const created = createdAt(message.ts, receivedAt);
    const createdAtMs = Math.floor(created.microseconds / 1000);
    this.metrics.clock(created.clock, receivedAt - createdAtMs);
    const type = typeNumber(message.msg);
    const identityChanged = identify(connection, message, identity);
    const mustBeWritten = connection.recordMessage(receivedAt, createdAtMs, type) || identityChanged;
    if (mustBeWritten) this.batcher.addConnection(connection);
    const { id, audit } = connection.origin;
    // Field by field: object spread took as long as parsing the message.
    this.batcher.add(
      {
        createdAt: created.microseconds,
        receivedAt: receivedAt * 1000,
        connectionId: id,
        type,
        logs: message.logs,
        ascii: message.ascii,
        audit,
      },
      receivedAt,
    );
  }

  reject(
    endpoint: TelemetryEndpoint,
    frame: Buffer,
    about: Omit<RejectedMessage, 'path' | 'size' | 'head'>,
  ): void {
    this.outcomes.rejected(endpoint.countedAs, about.reason);
    if (!this.rejectedLimit.tryAcquire(performance.now())) {
      this.metrics.rejectedNotStored();
      return;
    }
    // A copy: a slice would keep the whole frame in memory.
    const head = Buffer.from(frame.subarray(0, REJECTED_HEAD_BYTES));
    this.batcher.reject({ ...about, path: endpoint.path, size: frame.length, head });
  }

  ended(connection: NodeConnection): void {
    this.batcher.addConnection(connection);
  }
}

/**
 * Updates the identity of a connection by a message that has one. The oldest nodes have their peer id in a network state
 * only.
 *
 * @param identity see `readIdentity`
 * @returns whether a field changed
 */
export function identify(
  connection: NodeConnection,
  message: ParsedMessage,
  identity: NodeIdentity | null,
): boolean {
  if (identity !== null) return connection.identify(identity);
  if (connection.peerId !== null) return false;
  const peerId = readPeerId(message);
  return peerId !== null && connection.identify({ peerId });
}
