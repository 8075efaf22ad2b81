import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Settings } from '../config/index.js';
import { problem } from '../http/index.js';
import { boundedServer, HttpConnections } from '../http-server/index.js';

/** Exactly these, since whatever else is asked here would be reachable around the firewall of the other port. */
const SERVED = /^\/(metrics|health\/live|health\/ready)\/?(\?|$)/;

/** Until a request has come whole, which has no body: milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
/** At once: one for each Prometheus and orchestrator that asks, and some to spare. */
const MAX_CONNECTIONS = 100;

/** The port of `METRICS_PORT`: metrics and health, answered by the same routes as on the other port. */
@Injectable()
export class MetricsPort {
  private readonly logger = new Logger('Metrics');
  private readonly requests = new WeakSet<IncomingMessage>();
  private server: Server | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly connections: HttpConnections,
  ) {}

  /** Whether metrics are served to this request. */
  serves(request: IncomingMessage): boolean {
    return this.settings.METRICS_PORT === undefined || this.requests.has(request);
  }

  /** The port that is listened on, if it is one of its own. */
  get number(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /**
   * Listens, where there is to be a port of its own.
   *
   * @param answer answers a request as the other port does
   */
  async listen(answer: RequestListener): Promise<void> {
    const { METRICS_PORT: port, HOST: host } = this.settings;
    if (port === undefined) return;
    const server = boundedServer(
      (request, response) => {
        if (SERVED.test(request.url ?? '')) {
          this.requests.add(request);
          answer(request, response);
          return;
        }
        const body = JSON.stringify(problem(404, 'Here are /metrics, /health/live and /health/ready.'));
        response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(body);
      },
      { requestTimeout: REQUEST_TIMEOUT_MS },
    );
    this.connections.limit(server, MAX_CONNECTIONS);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.logger.error(`The port of metrics reports: ${error.message}`));
        resolve();
      });
    });
    this.server = server;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
