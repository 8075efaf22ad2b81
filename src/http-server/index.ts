export { BoundedHttpAdapter } from './bounded-http.adapter.js';
export { HttpServerModule } from './http-server.module.js';
export { refuseInHttp } from './refuse-in-http.js';
