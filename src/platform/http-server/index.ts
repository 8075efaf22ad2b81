export { BoundedHttpAdapter, boundedServer, refuseInHttp } from './bounded-server.js';
export { HttpConnections, HttpServerModule } from './http-connections.js';
