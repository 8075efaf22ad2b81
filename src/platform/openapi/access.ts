import type { OpenAPIObject } from '@nestjs/swagger';
import { problemAnswer } from '../http/index.js';

/** The name of the security scheme. */
export const TOKEN = 'token';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/**
 * Says that every route takes a token, or none where the server has none, and may answer with 401 and 403; but for
 * those that say themselves that they are open. The same ones may answer with 421.
 */
export function withAccess(document: OpenAPIObject): OpenAPIObject {
  const refusals = { 401: problemAnswer(401), 403: problemAnswer(403), 421: problemAnswer(421) };
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item as Record<string, Operation>)) {
      if (operation.security === undefined) Object.assign(operation.responses, refusals);
    }
  }
  return { ...document, security: [{ [TOKEN]: [] }, {}] };
}
