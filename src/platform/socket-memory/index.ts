export { FrameMeter } from './frame-meter.js';
export { MessageDeadline } from './message-deadline.js';
export {
  type HeldBytes,
  type HeldKind,
  type MemoryHolder,
  SOCKET_BYTES,
  SocketMemory,
} from './socket-memory.js';
export { SocketMemoryMetrics } from './socket-memory.metrics.js';
export { SocketMemoryModule } from './socket-memory.module.js';
export { MAX_FRAGMENTS, messageLimits, TOO_MANY_PARTS } from './ws-limits.js';
