/**
 * What tests of a team build on: see docs/extending.md, "Tests". No part of the server uses it.
 */
export {
  type Closing,
  FakeNode,
  type FakeNodeOptions,
  HandshakeRefusedError,
  type SendOptions,
  type SentMessage,
} from './fake-node.js';
export {
  batch,
  newConnectionId,
  row,
  type RowOptions,
  snapshot,
  storedMessage,
  type StoredMessageOptions,
  TEST_COLLECTOR,
  type TestRow,
} from './messages.js';
export { RecordingSink, type SinkMessage } from './recording-sink.js';
export { testRequest, type TestRequestOptions } from './requests.js';
export { TestDatabase } from './test-database.js';
export { TestPostgres } from './test-postgres.js';
export { startTestServer, TestServer, type TestServerOptions } from './test-server.js';
export { type WaitOptions, WaitTimeoutError, waitUntil } from './wait-until.js';
