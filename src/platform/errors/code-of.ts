/** The `code` of an error of the system, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  // Not `instanceof Error`: in Jest the errors of Node.js have another Error than modules.
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The result of an operation on a file; undefined if the file does not exist.
 *
 * @throws other errors of the operation
 */
export async function ifExists<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
