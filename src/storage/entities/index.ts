import { Benchmark, BenchmarkEvent, HostSystem } from './benchmark.entity.js';
import { Collector, CollectorClock, ObserverGap } from './collector.entity.js';
import { Chain, Node, NodeRegistryState } from './node.entity.js';
import { Import, ImportId, ImportRange } from './import.entity.js';
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
  type PeerConnection,
  PeerConnectionEntity,
  PurgeState,
  StoredMessageType,
  StoredRejectedMessage,
  TetcoreLog,
};

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
  ObserverGap,
  Node,
  NodeRegistryState,
  PeerConnectionEntity,
  PurgeState,
  StoredMessageType,
  StoredRejectedMessage,
  TetcoreLog,
];
