/** A database cannot be brought over as things are. The message says why, and what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
