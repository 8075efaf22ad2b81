import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { paths } from './schema.js';

/** Every route of the server, typed by its OpenAPI document; answers in JSON unless `parseAs` says otherwise. */
export type AnalyticsClient = Client<paths, 'application/json'>;

/**
 * A client of a server. Numbers larger than a double holds exactly, such as span ids, lose digits when JSON is
 * parsed: where they matter, ask with `parseAs: 'text'`.
 *
 * @param baseUrl where the server is: `http://127.0.0.1:8080`
 */
export function createAnalyticsClient(
  baseUrl: string,
  options: Omit<ClientOptions, 'baseUrl'> = {},
): AnalyticsClient {
  return createClient<paths, 'application/json'>({ ...options, baseUrl });
}
