import { Injectable } from '@nestjs/common';

/** The status of a node: the first of these that holds. */
export const NODE_STATUSES = ['offline', 'silent', 'syncing', 'fork', 'stuck', 'lagging', 'healthy'] as const;
export type NodeStatus = (typeof NODE_STATUSES)[number];

/** Those of a node with an open connection. */
export const CONNECTED_STATUSES = NODE_STATUSES.filter((status) => status !== 'offline');
export type ConnectedStatus = Exclude<NodeStatus, 'offline'>;

const SECOND_US = 1e6;

/** From when on a status holds. Times are microseconds. */
@Injectable()
export class StatusLimits {
  /** `silent`: no message was received for this long. A best block that was not reported for this long is not known. */
  silentUs = 60 * SECOND_US;
  /** `syncing`: more blocks behind the chain than this, and fewer than this time ago. */
  syncingBlocks = 100;
  gainUs = 60 * SECOND_US;
  /** `fork`: its best block has had another hash than that of most nodes for this long. */
  forkUs = 30 * SECOND_US;
  /** `stuck`: its best block is unchanged for this long, while the chain rose by this number of blocks. */
  stuckUs = 60 * SECOND_US;
  stuckBlocks = 10;
  /** `lagging`: it has been at least this number of blocks behind the chain for this long. */
  laggingUs = 30 * SECOND_US;
  laggingBlocks = 5;
  /** After such a pause between two passes it is not known what nodes did meanwhile: all times begin again. */
  pauseUs = 30 * SECOND_US;
  /** The nodes of a server that stores messages later than this keep their status. */
  lateUs = 15 * SECOND_US;
  /** A period over which the offset of a node's clock is measured. */
  clockPeriodUs = 600 * SECOND_US;
}
