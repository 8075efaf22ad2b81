import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const ORIGIN = 'https://pages.example';
/** The preflight of a browser. */
const PREFLIGHT = [`Origin: ${ORIGIN}`, 'Access-Control-Request-Method: POST'];

/** Requests and statuses. Each is answered in the round of the event loop in which it arrives, or just after. */
const REQUESTS: Record<'PORT' | 'METRICS_PORT', [string, number, string[]?][]> = {
  PORT: [
    ['GET /foo', 404],
    ['DELETE /nodes', 405],
    ['GET /nodes/%ff', 400],
    ['GET /dashboard/', 200],
    ['GET /dashboard/pages.json', 200],
    ['OPTIONS /nodes', 204, PREFLIGHT],
    ['GET /health/live', 200],
    ['GET /health/ready', 503],
    ['GET /metrics', 404],
  ],
  METRICS_PORT: [
    ['GET /foo', 404],
    ['POST /', 404],
    ['GET /nodes', 404],
    ['GET /health/live', 200],
    ['GET /health/ready', 503],
    ['GET /metrics', 200],
  ],
};

async function ask(port: number, request: string, headers: readonly string[] = []): Promise<string> {
  const raw = await RawSocket.connect(`http://127.0.0.1:${port.toString()}`);
  raw.write([`${request} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n'));
  return (await raw.ended).toString();
}

describe('a server that is shutting down', () => {
  it.each(['PORT', 'METRICS_PORT'] as const)(
    'answers requests at %s, and still waits for its nodes',
    async (which) => {
      await using database = await TestDatabase.create();
      const dataDir = await tempDir('draining');
      const metricsPort = await freePort();
      await using server = await ServerProcess.ready(await freePort(), {
        DATABASE_URL: database.url,
        DATA_DIR: dataDir,
        CORS_ORIGINS: ORIGIN,
        METRICS_PORT: metricsPort.toString(),
      });
      // It has seen no close frame until we let it.
      const node = await RawSocket.open(server.ws);
      node.onEnd = () => undefined;
      node.write(frame('{"msg":"test.draining","n":1}'));
      server.child.kill('SIGTERM');
      await waitUntil(() => node.text.includes('\x88'), { what: 'the close frame' });

      const port = which === 'PORT' ? server.port : metricsPort;
      for (const [request, status, headers] of REQUESTS[which]) {
        const answer = await ask(port, request, headers);
        expect(answer, `${request}\n${server.log}`).toMatch(new RegExp(`^HTTP/1\\.1 ${status.toString()} `));
        expect(answer, request).toMatch(/\r\nConnection: close\r\n/);
      }

      node.write(frame('{"msg":"test.draining","n":2}'), frame(Buffer.from([0x03, 0xe9]), { opcode: 8 }));
      node.onEnd = () => node.socket.end();
      expect(await server.exited, server.log).toBe(0);
      const stored = await database.query<{ n: number }>(
        `SELECT (logs->>'n')::int AS n FROM tetcore_logs WHERE msg = 'test.draining' ORDER BY 1`,
      );
      expect(stored).toEqual([{ n: 1 }, { n: 2 }]);
      await rm(dataDir, { recursive: true, force: true });
    },
  );
});
