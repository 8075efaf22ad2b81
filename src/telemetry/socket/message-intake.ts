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

/** The bytes of a rejected message that are kept. */
export const REJECTED_HEAD_BYTES = 1024;

/** Rejected messages of which the beginning is stored, in a second: a node that sends nothing else must not fill the disk. */
const REJECTED_PER_S = 20;

/** Takes messages from the sockets into the batch that is open. */
@Injectable()
export class MessageIntake {
  private readonly rejectedLimit = new TokenBucket(REJECTED_PER_S, REJECTED_PER_S, performance.now());

  constructor(
    private readonly batcher: Batcher,
    private readonly outcomes: MessageOutcomes,
    private readonly metrics: TelemetryMetrics,
  ) {}

  /** @param greeting what the message says of its node; null where it is no `system.connected` */
  accept(
    connection: NodeConnection,
    message: ParsedMessage,
    greeting: NodeIdentity | null,
    receivedAt: number,
  ): void {
    const created = createdAt(message.ts, receivedAt);
    const createdAtMs = Math.floor(created.microseconds / 1000);
    this.metrics.clock(created.clock, receivedAt - createdAtMs);
    const type = typeNumber(message.msg);
    const identified = identify(connection, message, greeting);
    const isNews = connection.heard(receivedAt, createdAtMs, type) || identified;
    if (isNews) this.batcher.addNews(connection);
    const { id, audit } = connection.origin;
    // Field by field: spreading the row took as long as parsing it.
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
      this.metrics.rejectedNotKept();
      return;
    }
    // A copy: a slice would hold on to the whole frame.
    const head = Buffer.from(frame.subarray(0, REJECTED_HEAD_BYTES));
    this.batcher.reject({ ...about, path: endpoint.path, size: frame.length, head });
  }

  ended(connection: NodeConnection): void {
    this.batcher.addNews(connection);
  }
}

/**
 * Takes over who the node is, of a message that says so: the oldest nodes name themselves in a network state only.
 *
 * @param greeting see `readIdentity`
 * @returns whether something is different now
 */
export function identify(
  connection: NodeConnection,
  message: ParsedMessage,
  greeting: NodeIdentity | null,
): boolean {
  if (greeting !== null) return connection.identify(greeting);
  if (connection.peerId !== null) return false;
  const peerId = readPeerId(message);
  return peerId !== null && connection.identify({ peerId });
}
