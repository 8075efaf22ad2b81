export { type DescribeApi, openApiDocument, setUpOpenApi } from './openapi-document.js';
