export { ALL_INDEXES, UNIQUE_INDEXES } from './indexes.js';
export { AdvisoryLock } from './advisory-lock.js';
export {
  chainKeyIn,
  chainKeyOf,
  chainKeySql,
  genesisHashOf,
  isGenesisHash,
  type ReportedChain,
} from './chain-key.js';
export {
  CONNECTION_COLUMNS,
  type ConnectionColumn,
  type ConnectionColumnType,
  type ConnectionSnapshot,
  type NodeIdentity,
  REPORTED_FIELDS,
  type ReportedKind,
  UNKNOWN_IDENTITY,
} from './connection-columns.js';
export {
  COLLECTOR_NUMBERS,
  collectorOf,
  connectionId,
  connectionIds,
  MAX_CONNECTIONS,
  renumbered,
} from './connection-id.js';
export { aliveBetween, endedBefore, NEWEST_MESSAGE, OLDEST_MESSAGE } from './connection-interval.js';
export { END_REASONS, type EndReason } from './end-reason.js';
export {
  GAP_CAUSES,
  type GapCause,
  LOG_TABLES,
  type LogTable,
  logTable,
  NO_UNSTORED_BATCHES,
  MIN_BATCH_ID,
} from './tables.js';
export {
  COPY_HEADER,
  COPY_TRAILER,
  MESSAGE_COLUMNS,
  type MessageHead,
  type MessageRow,
  messageTuple,
  type MessageTimes,
  msgOf,
  readTuple,
  renumberTuples,
  restampTuples,
  splitTuples,
  tupleTimes,
  TUPLE_HEAD_BYTES,
  writeTupleHead,
} from './message-tuple.js';
export {
  mayHave,
  MESSAGE_TYPES,
  type NamedMessageType,
  NO_TYPE,
  OTHER_TYPE,
  RARE_TYPES_END,
  typeCondition,
  typeName,
  typeNameSql,
  typeNumber,
  typesOf,
  typeSql,
} from './message-types.js';
export {
  DATABASE_PROBLEMS,
  databaseProblemOf,
  hasSqlState,
  isMissingPartition,
  isRejectedData,
  isRolledBack,
  isDuplicateBatchError,
  SqlState,
  sqlStateOf,
} from './sql-state.js';
export * from './time-bounds.js';
export { inMicroseconds, microsecondsOf, timeOf, timeText } from './time-bounds.js';
