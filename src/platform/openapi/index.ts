export { openApiDocument, setUpOpenApi } from './openapi-document.js';
