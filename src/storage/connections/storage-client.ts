import pg from 'pg';

/** How long a server may take to say goodbye: milliseconds. */
const GOODBYE_MS = 1_000;

/** A client whose end does not wait for a server that is frozen. */
export class StorageClient extends pg.Client {
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    const timer = setTimeout(() => socketOf(this).destroy(), GOODBYE_MS);
    timer.unref();
    this.once('end', () => clearTimeout(timer));
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }
}

/** The socket of a client. Destroying it frees whoever waits for an answer. */
export function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
