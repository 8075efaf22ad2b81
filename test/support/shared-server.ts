import { afterAll, beforeAll } from 'vitest';
import { TestDatabase } from './databases.js';
import { TestServer } from './test-server.js';

type Environment = Record<string, string>;

export interface SharedServer {
  readonly database: TestDatabase;
  readonly server: TestServer;
}

/**
 * A server with its database for all stories of a file or a `describe`: it starts before the first and stops after
 * the last. Only for stories that look at nothing but what they themselves send: each needs peer ids, chains and types
 * of its own.
 *
 * @returns gives both, to be called within a story
 */
export function sharedServer(
  environment: Environment | (() => Promise<Environment>) = {},
): () => SharedServer {
  let shared: SharedServer | undefined;
  beforeAll(async () => {
    const settings = typeof environment === 'function' ? await environment() : environment;
    const database = await TestDatabase.create();
    shared = { database, server: await TestServer.ready(database.url, settings) };
  });
  afterAll(async () => {
    await shared?.server[Symbol.asyncDispose]();
    await shared?.database[Symbol.asyncDispose]();
  });
  return () => {
    if (shared === undefined) throw new Error('The shared server has not been started.');
    return shared;
  };
}
