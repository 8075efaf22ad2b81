import type { ClientBase, Connection, Submittable } from 'pg';

/** One statement of a pipeline. */
export interface Step {
  sql: string;
  /** Parameters in PostgreSQL's text form. */
  values?: readonly (string | null)[];
  /** The data, in pieces, of COPY … FROM STDIN. */
  copy?: readonly Buffer[];
}

/** Methods that the types of pg lack; see its `lib/connection.js`. */
interface Wire extends Omit<Connection, 'parse' | 'bind' | 'execute'> {
  parse(statement: { text: string }): void;
  bind(parameters: { values: readonly (string | null)[] }): void;
  execute(portal: object): void;
}

const ignore = (): void => undefined;

const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

const failedSteps = new WeakMap<Error, number>();

/** The index of the step that failed with an error; undefined if it is not an error of a pipeline. */
export function failedStepOf(error: unknown): number | undefined {
  return error instanceof Error ? failedSteps.get(error) : undefined;
}

/**
 * Sends statements, including COPY with its data, in one piece: a transaction costs one round trip. When a statement
 * fails, the server skips the rest. The pipeline mode of pg does not support COPY.
 *
 * See "Extended Query" in the chapter on the message flow of PostgreSQL's manual. The data of COPY may be sent before the
 * server requests it.
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

  // Called by the client. There is nothing to do.
  readonly handleRowDescription = ignore;
  readonly handleDataRow = ignore;
  readonly handlePortalSuspended = ignore;
  readonly handleEmptyQuery = ignore;
  readonly handleCopyInResponse = ignore;
}

/**
 * Runs statements as one pipeline.
 *
 * @returns the number of rows that each statement affected
 * @throws the error of the first statement that failed; the transaction, if there is one, is then aborted
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
