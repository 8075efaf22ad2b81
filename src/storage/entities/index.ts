import { Collector } from './collector.entity.js';
import { IngestBatch } from './ingest-batch.entity.js';
import { AuditLogMessage, ExpiringLogMessage, TetcoreLog } from './log-message.entity.js';
import { PeerConnection } from './peer-connection.entity.js';
import { StoredRejectedMessage } from './stored-rejected-message.entity.js';

export {
  AuditLogMessage,
  Collector,
  ExpiringLogMessage,
  IngestBatch,
  PeerConnection,
  StoredRejectedMessage,
  TetcoreLog,
};

/** Every entity, for the data source. */
export const entities = [
  AuditLogMessage,
  Collector,
  ExpiringLogMessage,
  IngestBatch,
  PeerConnection,
  StoredRejectedMessage,
  TetcoreLog,
];
