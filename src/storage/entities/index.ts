import { BenchmarkEvent } from './benchmark-event.entity.js';
import { Benchmark } from './benchmark.entity.js';
import { CollectorClock } from './collector-clock.entity.js';
import { Chain } from './chain.entity.js';
import { Collector } from './collector.entity.js';
import { HostSystem } from './host-system.entity.js';
import { ImportId } from './import-id.entity.js';
import { ImportRange } from './import-range.entity.js';
import { Import } from './import.entity.js';
import { IngestBatch } from './ingest-batch.entity.js';
import { AuditLogMessage, ExpiringLogMessage, TetcoreLog } from './log-message.entity.js';
import { StoredMessageType } from './message-type.entity.js';
import { ObserverGap } from './observer-gap.entity.js';
import { NodeRegistryState } from './node-registry-state.entity.js';
import { Node } from './node.entity.js';
import { type PeerConnection, PeerConnectionEntity } from './peer-connection.entity.js';
import { PurgeState } from './purge-state.entity.js';
import { StoredRejectedMessage } from './stored-rejected-message.entity.js';

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
