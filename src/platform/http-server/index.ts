export { allowedMethods, refuseOtherMethods } from './allowed-methods.js';
export {
  BoundedHttpAdapter,
  boundedServer,
  isWebSocketHandshake,
  refuseInHttp,
  respondInHttp,
} from './bounded-server.js';
export { HttpConnections, HttpServerModule } from './http-connections.js';
