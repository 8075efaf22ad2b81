export { BoundedHttpAdapter } from './bounded-http.adapter.js';
export { boundedServer } from './bounded-server.js';
export { HttpConnections } from './http-connections.js';
export { HttpServerModule } from './http-server.module.js';
export { refuseInHttp } from './refuse-in-http.js';
