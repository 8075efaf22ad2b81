import type { Extensions } from '../../src/app.module.js';
import { startTestServer, type TestServer as RunningTestServer } from '../../src/testing/test-server.js';

export type TestServer = RunningTestServer;

/** The whole server on a database of the test run. */
export const TestServer = {
  /** Listening; its database may not be ready. */
  async start(
    databaseUrl: string,
    environment: Record<string, string> = {},
    extensions: Extensions = {},
  ): Promise<TestServer> {
    return await startTestServer({
      extensions,
      environment: { DATABASE_URL: databaseUrl, ...environment },
      untilReady: false,
    });
  },

  /** Started, with the database ready. */
  async ready(
    databaseUrl: string,
    environment: Record<string, string> = {},
    extensions: Extensions = {},
  ): Promise<TestServer> {
    return await startTestServer({ extensions, environment: { DATABASE_URL: databaseUrl, ...environment } });
  },
};
