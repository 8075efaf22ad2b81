import pg, { type ClientConfig, type Connection } from 'pg';
import { OperatorError } from '../../platform/errors/index.js';
import { type TlsOptions, tlsOptions } from './tls-options.js';

/** How long closing a connection waits for the server. */
const CLOSE_GRACE_MS = 1_000;

/** The server has no TLS, and the URL requires it. */
export class TlsUnsupportedError extends OperatorError {
  override readonly name = 'TlsUnsupportedError';

  constructor() {
    super('The server does not support TLS.');
  }
}

/** The program that listens at the address does not speak PostgreSQL's protocol. */
export class NotPostgresError extends OperatorError {
  override readonly name = 'NotPostgresError';

  constructor() {
    super('The program that listens there is not PostgreSQL.');
  }
}

/**
 * A client with the TLS of its URL, as libpq reads it. Its `end` does not wait for a server that is frozen, and after
 * PostgreSQL has ended the session, queries reject with the reason.
 */
export class StorageClient extends pg.Client {
  private readonly configFault: Error | undefined;
  private ended: Error | undefined;

  /** @param config with a `connectionString`, see `readPostgresUrl`. Does not throw. */
  constructor(config: ClientConfig = {}) {
    const { options, fault } = withTls(config);
    super(options);
    this.configFault = fault;
    // Without a listener, an error between two queries would end the process.
    this.on('error', (error) => (this.ended ??= error));
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]) =>
      this.ended !== undefined && returnsPromise(args)
        ? Promise.reject(this.ended)
        : query(...args)) as typeof this.query;
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error | null) => void): void;
  override connect(callback?: (error: Error | null) => void): Promise<this> | undefined {
    const { configFault } = this;
    if (callback === undefined) {
      return configFault === undefined ? super.connect().then(() => this) : Promise.reject(configFault);
    }
    if (configFault === undefined) super.connect(callback);
    else process.nextTick(callback, configFault);
    return undefined;
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    const timer = setTimeout(() => socketOf(this).destroy(), CLOSE_GRACE_MS);
    timer.unref();
    this.once('end', () => clearTimeout(timer));
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }
}

/** The socket of a client. Destroying it fails all pending queries. */
export function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}

/** Whether a query has neither a callback nor a stream, such as that of COPY. */
function returnsPromise(args: readonly unknown[]): boolean {
  const [first] = args as [{ submit?: unknown; callback?: unknown } | string | undefined];
  const isStream = typeof first === 'object' && (first.submit !== undefined || first.callback !== undefined);
  return !isStream && typeof args.at(-1) !== 'function';
}

/** A pool calls the constructor where an error would end the process: it is returned, and connecting fails with it. */
function withTls(config: ClientConfig): { options: ClientConfig; fault?: Error } {
  const { connectionString = '' } = config;
  try {
    const tls = tlsOptions(connectionString);
    const options = {
      ...config,
      connectionString: tls.connectionString,
      ssl: tls.ssl,
      enableChannelBinding: tls.channelBinding,
      ...(tls.direct ? { sslnegotiation: 'direct' as const } : {}),
      connection: new StorageConnection(config, tls),
    };
    return { options };
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    return { options: { ...config, connectionString: undefined, ssl: false }, fault };
  }
}

/** What {@link StorageConnection} uses of node-postgres, whose types lack it. */
interface Internals {
  stream: NodeJS.EventEmitter & { end(): void };
  connect(port: number | string, host?: string): void;
  attachListeners(stream: unknown): void;
}

const ConnectionBase = pg.Connection as unknown as new (config: object) => Connection & Internals;

/** A connection that continues without encryption if TLS is optional and the server has none, as in libpq. */
class StorageConnection extends ConnectionBase {
  private readonly negotiates: boolean;
  private readonly optional: boolean;

  constructor(
    { keepAlive, keepAliveInitialDelayMillis }: ClientConfig,
    { ssl, optional, direct }: TlsOptions,
  ) {
    super({ ssl, sslNegotiation: direct ? 'direct' : 'postgres', keepAlive, keepAliveInitialDelayMillis });
    this.negotiates = ssl !== false && !direct;
    this.optional = optional;
  }

  override connect(port: number | string, host?: string): void {
    super.connect(port, host);
    if (!this.negotiates) return;
    const { stream } = this;
    // node-postgres accepts no other response than S.
    const [encrypt] = stream.listeners('data') as ((response: Buffer) => void)[];
    stream.removeAllListeners('data');
    stream.once('data', (response: Buffer) => {
      const kind = response.toString('latin1', 0, 1);
      if (kind === 'S' && response.length === 1) {
        encrypt?.(response);
      } else if (kind === 'N' && response.length === 1) {
        if (this.optional) this.continueUnencrypted();
        else this.fail(new TlsUnsupportedError());
      } else if (kind === 'E') {
        // An error, such as too many processes.
        this.attachListeners(stream);
        stream.emit('data', response);
      } else {
        this.fail(new NotPostgresError());
      }
    });
  }

  private continueUnencrypted(): void {
    this.attachListeners(this.stream);
    // The client sends its startup message.
    this.emit('sslconnect');
  }

  private fail(error: Error): void {
    this.stream.end();
    this.emit('error', error);
  }
}
