import { Benchmark, BenchmarkEvent, HostSystem } from './benchmark.entity.js';
import { Collector, CollectorClock, ObserverGap } from './collector.entity.js';
import { Chain, Node, NodeRegistryState } from './node.entity.js';
import { Import, ImportId, ImportRange } from './import.entity.js';
import * as insight from './insight.entity.js';
import * as reports from './insight-report.entity.js';
import * as sessions from './insight-session.entity.js';
import * as summaries from './insight-summary.entity.js';
import * as nodes from './insight-node.entity.js';
import * as webhook from './insight-webhook.entity.js';
import {
  AuditLogMessage,
  ExpiringLogMessage,
  IngestBatch,
  PurgeState,
  StoredMessageType,
  StoredRejectedMessage,
  TetcoreLog,
} from './log-message.entity.js';
import { type PeerConnection, PeerConnectionEntity } from './peer-connection.entity.js';
import { NodeStatusPass, StoredNodeStatus } from './status.entity.js';

export {
  AuditLogMessage,
  Benchmark,
  BenchmarkEvent,
  Chain,
  Collector,
  CollectorClock,
  ExpiringLogMessage,
  HostSystem,
  Import,
  ImportId,
  ImportRange,
  IngestBatch,
  ObserverGap,
  Node,
  NodeRegistryState,
  NodeStatusPass,
  type PeerConnection,
  PeerConnectionEntity,
  PurgeState,
  StoredMessageType,
  StoredNodeStatus,
  StoredRejectedMessage,
  TetcoreLog,
};

export * from './insight.entity.js';
export * from './insight-node.entity.js';
export * from './insight-session.entity.js';
export * from './insight-summary.entity.js';
export * from './insight-webhook.entity.js';

/** Every entity, for the data source. */
export const entities = [
  AuditLogMessage,
  Benchmark,
  BenchmarkEvent,
  Chain,
  Collector,
  CollectorClock,
  ExpiringLogMessage,
  HostSystem,
  Import,
  ImportId,
  ImportRange,
  IngestBatch,
  ...Object.values(insight),
  ...Object.values(nodes),
  ...Object.values(summaries),
  ...Object.values(webhook),
  ...Object.values(sessions),
  ...Object.values(reports),
  ObserverGap,
  Node,
  NodeRegistryState,
  NodeStatusPass,
  PeerConnectionEntity,
  PurgeState,
  StoredMessageType,
  StoredNodeStatus,
  StoredRejectedMessage,
  TetcoreLog,
];
