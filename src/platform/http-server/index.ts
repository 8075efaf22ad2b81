export { BoundedHttpAdapter, boundedServer, refuseInHttp, respondInHttp } from './bounded-server.js';
export { HttpConnections, HttpServerModule } from './http-connections.js';
