export { FrameMeter } from './frame-meter.js';
export {
  type HeldBytes,
  type HeldKind,
  type MemoryHolder,
  SOCKET_BYTES,
  SocketMemory,
  SocketMemoryMetrics,
  SocketMemoryModule,
} from './socket-memory.js';
export {
  CloseCode,
  isTooLarge,
  MAX_FRAGMENTS,
  measured,
  messageLimits,
  OpenSockets,
  type SocketEndReason,
  type TcpConnection,
  WatchedWebSocket,
} from './web-socket.js';
