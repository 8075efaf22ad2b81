/** The data directory was removed or replaced while the server ran, or its lock file was. */
export class DataDirLostError extends Error {
  override readonly name = 'DataDirLostError';

  constructor(dataDir: string) {
    super(
      `DATA_DIR is lost: the lock file in ${dataDir} was removed or replaced, so another server could use the ` +
        `database there. PostgreSQL was stopped immediately, and the server stops. Make sure that no other server ` +
        `uses this DATA_DIR, and start the server again.`,
    );
  }
}
