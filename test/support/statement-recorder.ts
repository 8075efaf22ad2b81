import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import pg from 'pg';

/** A query that a server in this process sent to PostgreSQL. */
export interface SentStatement {
  text: string;
  values: readonly unknown[];
  /** PostgreSQL keeps it under this name, and may plan it for any values. */
  name: string | undefined;
  /** Where it ran; undefined outside of a transaction. */
  transaction: SentTransaction | undefined;
}

/** The same object for all statements of a transaction. */
export interface SentTransaction {
  /** What began it, with its settings. */
  begin: string;
}

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

const REQUEST_STARTS = 'http.server.request.start';
const BEGINS = /^\s*BEGIN\b/i;
const ENDS = /^\s*(COMMIT|ROLLBACK)\b/i;
const READS = /^\s*(SELECT|WITH)\b/i;

/**
 * Records the statements of servers in this process: those of an HTTP request, or all of the readers' connections. Is
 * made before the servers, and `using` ends it.
 */
export class StatementRecorder implements Disposable {
  private readonly requests = new AsyncLocalStorage<SentStatement[] | undefined>();
  private readonly begun = new WeakMap<pg.Client, SentTransaction>();
  private ofRequest: SentStatement[] | undefined;
  private ofReaders: SentStatement[] | undefined;
  private readonly query: Query;

  constructor() {
    const query = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query')?.value as Query;
    this.query = query;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- `this` of the function is the client.
    const recorder = this;
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      recorder.sees(this, args);
      return query.apply(this, args);
    } as typeof pg.Client.prototype.query;
    subscribe(REQUEST_STARTS, this.onRequest);
  }

  /** The statements of one HTTP request to a server in this process, until its response has been read. */
  async ofOneRequest(request: () => Promise<void>): Promise<SentStatement[]> {
    const statements: SentStatement[] = [];
    this.ofRequest = statements;
    try {
      await request();
    } finally {
      this.ofRequest = undefined;
    }
    // Work that goes on after the response does not count.
    return [...statements];
  }

  /** The statements on the readers' connections while work runs. */
  async ofAllReaders(
    work: (statements: readonly SentStatement[]) => Promise<void>,
  ): Promise<SentStatement[]> {
    const statements: SentStatement[] = [];
    this.ofReaders = statements;
    try {
      await work(statements);
    } finally {
      this.ofReaders = undefined;
    }
    return statements;
  }

  [Symbol.dispose](): void {
    unsubscribe(REQUEST_STARTS, this.onRequest);
    pg.Client.prototype.query = this.query as typeof pg.Client.prototype.query;
  }

  private readonly onRequest = (): void => this.requests.enterWith(this.ofRequest);

  private sees(client: pg.Client, [first, second]: readonly unknown[]): void {
    const { text, values, name } =
      typeof first === 'string' ? { text: first, values: second } : (first as Partial<SentStatement>);
    if (text === undefined) return;
    if (BEGINS.test(text)) this.begun.set(client, { begin: text });
    else if (ENDS.test(text)) this.begun.delete(client);
    else if (READS.test(text)) {
      const transaction = this.begun.get(client);
      const statement = {
        text,
        values: Array.isArray(values) ? [...(values as unknown[])] : [],
        name,
        transaction,
      };
      this.requests.getStore()?.push(statement);
      if (isReader(client)) this.ofReaders?.push(statement);
    }
  }
}

function isReader(client: pg.Client): boolean {
  const { connectionParameters } = client as unknown as {
    connectionParameters: { application_name?: string };
  };
  return connectionParameters.application_name === 'tetcore-analytics reader';
}
