import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { FaultyPostgres } from '../../support/faulty-postgres.js';
import { databaseNamed, onDatabase } from '../../support/on-database.js';

export interface Delays {
  messages: number;
  /** Seconds. */
  p50: number;
  p99: number;
  longest: number;
}

/** Has a PostgreSQL remember when each transaction was committed. It is restarted for that. */
export async function trackCommitTimes(postgres: FaultyPostgres): Promise<void> {
  await onDatabase(databaseNamed(postgres.url, 'postgres'), (client) =>
    client.query('ALTER SYSTEM SET track_commit_timestamp = on'),
  );
  await postgres.stop('fast');
  await postgres.startAgain();
}

/**
 * From the time in a message, which is when its node sent it, to the commit that made it readable: of messages of
 * the nodes from `firstNode` on that were sent between two times. See trackCommitTimes().
 */
export async function readDelays(
  url: string,
  firstNode: number,
  [from, to]: readonly [number, number],
): Promise<Delays> {
  return await onDatabase(url, async (client) => {
    const { rows } = await client.query<Delays>(
      `SELECT count(*)::int AS messages,
              percentile_disc(0.5) WITHIN GROUP (ORDER BY delay) AS p50,
              percentile_disc(0.99) WITHIN GROUP (ORDER BY delay) AS p99,
              max(delay) AS longest
         FROM (SELECT extract(epoch FROM greatest(stored_at, pg_xact_commit_timestamp(xmin)) - created_at)::float8 AS delay
                 FROM (SELECT xmin, created_at, stored_at, logs FROM logs_expiring
                       UNION ALL
                       SELECT xmin, created_at, stored_at, logs FROM logs_audit) AS messages
                WHERE (logs->>'node')::int >= $1 AND created_at BETWEEN $2 AND $3) AS delays`,
      [firstNode, new Date(from), new Date(to)],
    );
    const [delays] = rows;
    if (delays === undefined || delays.messages === 0) throw new Error('No messages were stored.');
    return delays;
  });
}

/** Type 0 stands for the first message of a client, which has no type. */
interface WireMessage {
  type: number;
  /** The whole message as it came. */
  bytes: Buffer;
}

const LENGTH_BYTES = 4;

/** Cuts what goes over a connection into PostgreSQL's messages; see chapter 54.7 of its manual. */
export class MessageStream {
  private chunks: Buffer[] = [];
  private held = 0;
  private wanted = 1 + LENGTH_BYTES;

  /** @param untyped whether the first message has no type, as that of a client */
  constructor(private untyped: boolean) {}

  /** The messages that are whole with this. */
  *feed(chunk: Buffer): Generator<WireMessage> {
    this.chunks.push(chunk);
    this.held += chunk.length;
    while (this.held >= this.wanted) {
      let buffer = this.chunks.length === 1 ? (this.chunks[0] ?? chunk) : Buffer.concat(this.chunks);
      const head = this.untyped ? 0 : 1;
      const length = head + buffer.readUInt32BE(head);
      if (buffer.length < length) {
        this.chunks = [buffer];
        this.wanted = length;
        return;
      }
      const message = { type: this.untyped ? 0 : buffer.readUInt8(0), bytes: buffer.subarray(0, length) };
      buffer = buffer.subarray(length);
      this.chunks = buffer.length === 0 ? [] : [buffer];
      this.held = buffer.length;
      this.wanted = 1 + LENGTH_BYTES;
      this.untyped = false;
      yield message;
    }
  }
}

/**
 * Where a connection is cut: when half of the data of a COPY has gone through; when all of a transaction but its
 * COMMIT has; when the COMMIT has, and the answer to it has not.
 */
export type Cut = 'within copy' | 'before commit' | 'after commit';

const FROM_CLIENT = { parse: 0x50, query: 0x51, copyData: 0x64 };
const FROM_SERVER = { commandComplete: 0x43, readyForQuery: 0x5a };
/** Until PostgreSQL has worked at what it got: milliseconds. */
const REACH_MS = 20;

interface Session {
  client: Socket;
  upstream: Socket;
  /** Messages have been copied in the transaction that is open. */
  copied: boolean;
  /** The answer to a COMMIT is not to get through. */
  answerLost: boolean;
  ended: boolean;
}

/** What the servers have between themselves and PostgreSQL. It knows the protocol, so it can be cut where it hurts. */
export class PostgresLink implements AsyncDisposable {
  private readonly sessions = new Set<Session>();
  private wanted: { cut: Cut; done: () => void } | undefined;
  private frozen = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  static async start(url: string): Promise<PostgresLink> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PostgresLink(server, new URL(url));
  }

  /** The same database, by way of this, which cannot read TLS or a request for it. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The link does not listen.');
    const url = new URL(this.target);
    url.host = `127.0.0.1:${address.port}`;
    url.searchParams.set('sslmode', 'disable');
    return url.href;
  }

  /** How many there are now. */
  get connections(): number {
    return this.sessions.size;
  }

  /** Cuts the next connection that comes to that point. Resolves when it has happened. */
  cutNext(cut: Cut): Promise<void> {
    return new Promise((done) => (this.wanted = { cut, done }));
  }

  /** Does no longer wait for a connection to cut. */
  giveUpCut(): void {
    this.wanted = undefined;
  }

  /** No data passes, and no side is notified, as when a cable is pulled. */
  freeze(): void {
    this.frozen = true;
    for (const { client, upstream } of this.sessions) {
      client.pause();
      upstream.pause();
    }
  }

  /** New connections work again. Those of before are broken: what is under way on them never arrives. */
  mend(): void {
    for (const session of [...this.sessions]) this.end(session);
    this.frozen = false;
  }

  private accept(client: Socket): void {
    const upstream = connect(Number(this.target.port || 5432), this.target.hostname);
    const session: Session = { client, upstream, copied: false, answerLost: false, ended: false };
    this.sessions.add(session);
    if (this.frozen) {
      client.pause();
      upstream.pause();
    }
    const requests = new MessageStream(true);
    const answers = new MessageStream(false);
    client.on('data', (chunk) =>
      this.pass(requests.feed(chunk), session, (message) => this.request(session, message)),
    );
    upstream.on('data', (chunk) =>
      this.pass(answers.feed(chunk), session, (message) => this.answer(session, message)),
    );
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.end(session));
    }
  }

  /** Writes in one piece what goes on, up to where it is cut. */
  private pass(
    messages: Iterable<WireMessage>,
    session: Session,
    sort: (message: WireMessage) => void,
  ): void {
    session.client.cork();
    session.upstream.cork();
    for (const message of messages) {
      if (session.ended) break;
      sort(message);
    }
    session.client.uncork();
    session.upstream.uncork();
  }

  private request(session: Session, message: WireMessage): void {
    const { type, bytes } = message;
    if (type === FROM_CLIENT.copyData) {
      if (this.take('within copy')) {
        this.cutBehind(session, bytes.subarray(0, bytes.length >> 1));
        return;
      }
      session.copied = true;
    }
    if (session.copied && isCommit(message)) {
      if (this.take('before commit')) {
        this.cutBehind(session, Buffer.alloc(0));
        return;
      }
      session.answerLost = this.wanted?.cut === 'after commit';
    }
    session.upstream.write(bytes);
  }

  private answer(session: Session, { type, bytes }: WireMessage): void {
    if (type === FROM_SERVER.readyForQuery) {
      session.copied = false;
      session.answerLost = false;
    }
    const committed = type === FROM_SERVER.commandComplete && bytes.toString('latin1', 5) === 'COMMIT\0';
    if (committed && session.answerLost && this.take('after commit')) this.end(session);
    else session.client.write(bytes);
  }

  /** Whether this is where a cut is wanted. It then happens, once. */
  private take(cut: Cut): boolean {
    if (this.wanted?.cut !== cut) return false;
    const { done } = this.wanted;
    this.wanted = undefined;
    done();
    return true;
  }

  /** Sends the last bytes, lets PostgreSQL work at them, and breaks the connection. */
  private cutBehind(session: Session, last: Buffer): void {
    session.ended = true;
    session.client.pause();
    session.upstream.write(last, () => setTimeout(() => this.end(session), REACH_MS));
  }

  private end(session: Session): void {
    session.ended = true;
    session.client.destroy();
    session.upstream.destroy();
    this.sessions.delete(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    for (const session of [...this.sessions]) this.end(session);
    await once(this.server, 'close');
  }
}

/** `Parse` of an unnamed statement, or a simple `Query`. */
function isCommit({ type, bytes }: WireMessage): boolean {
  if (type === FROM_CLIENT.parse) return bytes.toString('latin1', 5, 13) === '\0COMMIT\0';
  return type === FROM_CLIENT.query && bytes.toString('latin1', 5) === 'COMMIT\0';
}
