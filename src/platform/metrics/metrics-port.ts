import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  Logger,
  Module,
  NotFoundException,
} from '@nestjs/common';
import type { Request } from 'express';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Settings } from '../config/index.js';
import { problem } from '../http/index.js';
import { boundedServer, HttpConnections, HttpServerModule } from '../http-server/index.js';
import { ListenError } from '../listen/index.js';

/** No other paths: they would be reachable here although a firewall protects `PORT`. */
const SERVED = /^\/(metrics|health\/live|health\/ready)\/?(\?|$)/;

/** Until a complete request, which has no body: milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Enough for several Prometheus servers and orchestrators. */
const MAX_CONNECTIONS = 100;

/** `METRICS_PORT`: metrics and health, with the same routes as on `PORT`. */
@Injectable()
export class MetricsPort {
  private readonly logger = new Logger('Metrics');
  private readonly requests = new WeakSet<IncomingMessage>();
  private server: Server | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly connections: HttpConnections,
  ) {}

  /** Whether this request may have the metrics. */
  serves(request: IncomingMessage): boolean {
    return this.settings.METRICS_PORT === undefined || this.requests.has(request);
  }

  /** Undefined where there is no port for metrics. */
  get number(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /**
   * Listens, if `METRICS_PORT` is set.
   *
   * @param listener of `PORT`
   */
  async listen(listener: RequestListener): Promise<void> {
    const { METRICS_PORT: port, HOST: host } = this.settings;
    if (port === undefined) return;
    const server = boundedServer(
      (request, response) => {
        if (SERVED.test(request.url ?? '')) {
          this.requests.add(request);
          listener(request, response);
          return;
        }
        const body = JSON.stringify(
          problem(404, 'This port serves /metrics, /health/live and /health/ready only.'),
        );
        response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(body);
      },
      { requestTimeout: REQUEST_TIMEOUT_MS },
    );
    this.connections.limit(server, MAX_CONNECTIONS);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new ListenError({ setting: 'METRICS_PORT', host, port }, error));
      server.once('error', fail);
      server.listen({ port, host }, () => {
        server.off('error', fail);
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

/** `PORT` does not serve metrics if `METRICS_PORT` is set. */
@Injectable()
export class MetricsPortGuard implements CanActivate {
  constructor(private readonly port: MetricsPort) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.port.serves(context.switchToHttp().getRequest<Request>())) return true;
    throw new NotFoundException('Metrics are served on METRICS_PORT only.');
  }
}

@Module({ imports: [HttpServerModule], providers: [MetricsPort], exports: [MetricsPort] })
export class MetricsPortModule {}
