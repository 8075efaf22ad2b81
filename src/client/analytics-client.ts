import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { paths } from './schema.js';

/** Every route of the server, typed by its OpenAPI document; answers in JSON unless `parseAs` says otherwise. */
export type AnalyticsClient = Client<paths, 'application/json'>;

export interface AnalyticsClientOptions extends Omit<ClientOptions, 'baseUrl'> {
  /** One of the server's `API_TOKENS`, where it has any; a function is asked for it at each request. */
  token?: string | (() => string | undefined);
}

/**
 * A client of a server. Numbers larger than a double holds exactly, such as span ids, lose digits when JSON is
 * parsed: where they matter, ask with `parseAs: 'text'`.
 *
 * @param baseUrl where the server is: `http://127.0.0.1:8080`
 */
export function createAnalyticsClient(
  baseUrl: string,
  { token, ...options }: AnalyticsClientOptions = {},
): AnalyticsClient {
  const client = createClient<paths, 'application/json'>({ ...options, baseUrl });
  if (token !== undefined) {
    client.use({
      onRequest({ request }) {
        const shown = typeof token === 'string' ? token : token();
        if (shown !== undefined) request.headers.set('Authorization', `Bearer ${shown}`);
      },
    });
  }
  return client;
}
