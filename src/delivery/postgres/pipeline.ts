import type { ClientBase, Connection, Submittable } from 'pg';

/** One statement of a pipeline. */
export interface Step {
  sql: string;
  /** Parameters in PostgreSQL's text form. */
  values?: readonly (string | null)[];
  /** The data, in pieces, where the statement is COPY … FROM STDIN. */
  copy?: readonly Buffer[];
}

/** What pg's typings leave out of the connection; see its `lib/connection.js`. */
interface Wire extends Omit<Connection, 'parse' | 'bind' | 'execute'> {
  parse(statement: { text: string }): void;
  bind(parameters: { values: readonly (string | null)[] }): void;
  execute(portal: object): void;
}

const ignore = (): void => undefined;

const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

const failedSteps = new WeakMap<Error, number>();

/** Which step of its pipeline failed with an error, counted from 0; undefined for an error of no pipeline. */
export function failedStepOf(error: unknown): number | undefined {
  return error instanceof Error ? failedSteps.get(error) : undefined;
}

/**
 * Statements that go to the server in one piece, COPY with its data among them, and are answered together: a
 * transaction costs one round trip rather than one for each statement. When one fails, the server passes over
 * the rest. pg's own pipeline mode takes no COPY.
 *
 * Messages by chapter 54.2.3 of PostgreSQL's manual; data for COPY may be on its way before it is asked for.
 */
class Pipeline implements Submittable {
  readonly done: Promise<number[]>;
  private readonly counts: number[] = [];
  private resolve: (counts: number[]) => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;

  constructor(private readonly steps: readonly Step[]) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    for (const { sql, values = [], copy } of this.steps) {
      wire.parse({ text: sql });
      wire.bind({ values });
      wire.execute({});
      if (copy === undefined) continue;
      wire.stream.write(copyDataHeader(copy.reduce((sum, piece) => sum + piece.length, 0)));
      for (const piece of copy) wire.stream.write(piece);
      wire.stream.write(COPY_DONE);
    }
    wire.sync();
    wire.stream.uncork();
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.counts.push(Number(/\d+$/.exec(text)?.[0] ?? 0));
  }

  handleReadyForQuery(): void {
    this.resolve(this.counts);
  }

  handleError(error: Error): void {
    failedSteps.set(error, this.counts.length);
    this.reject(error);
  }

  // The client hands these over; there is nothing to do about them.
  readonly handleRowDescription = ignore;
  readonly handleDataRow = ignore;
  readonly handlePortalSuspended = ignore;
  readonly handleEmptyQuery = ignore;
  readonly handleCopyInResponse = ignore;
}

/**
 * Sends statements as one pipeline.
 *
 * @returns the rows that each statement affected
 * @throws the error of the first that failed; a transaction that was open before or opened by it is then failed
 */
export function runPipeline(client: ClientBase, steps: readonly Step[]): Promise<number[]> {
  return client.query(new Pipeline(steps)).done;
}

function copyDataHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(5);
  header.writeUInt8(COPY_DATA, 0);
  header.writeUInt32BE(length + 4, 1);
  return header;
}
