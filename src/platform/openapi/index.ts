export { openApiDocument } from './openapi-document.js';
export { setUpOpenApi } from './set-up-openapi.js';
