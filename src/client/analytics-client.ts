import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { paths } from './schema.js';

/** All routes of the server, typed by its OpenAPI document. Responses are JSON unless `parseAs` is set. */
export type AnalyticsClient = Client<paths, 'application/json'>;

export interface AnalyticsClientOptions extends Omit<ClientOptions, 'baseUrl'> {
  /** One of the `API_TOKENS` of the server, if it has any. A function is called for each request. */
  token?: string | (() => string | undefined);
}

/**
 * A client of a server. Numbers that a double cannot represent exactly, such as span ids, lose digits when JSON is
 * parsed. Use `parseAs: 'text'` to keep them.
 *
 * @param baseUrl URL of the server: `http://127.0.0.1:8080`
 */
export function createAnalyticsClient(
  baseUrl: string,
  { token, ...options }: AnalyticsClientOptions = {},
): AnalyticsClient {
  const client = createClient<paths, 'application/json'>({ ...options, baseUrl });
  if (token !== undefined) {
    client.use({
      onRequest({ request }) {
        const value = typeof token === 'string' ? token : token();
        if (value !== undefined) request.headers.set('Authorization', `Bearer ${value}`);
      },
    });
  }
  return client;
}
