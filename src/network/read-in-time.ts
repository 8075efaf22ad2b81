import { ServiceUnavailableException } from '@nestjs/common';
import { ReadTimeoutError } from '../storage/index.js';

/**
 * A read for views: it has its own time limit, and ends when the server stops.
 *
 * @throws ServiceUnavailableException if that ended it; its other errors
 */
export async function readInTime<T>({ signal }: { signal: AbortSignal }, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ReadTimeoutError || signal.aborted) {
      throw new ServiceUnavailableException('The database is too slow, or the server is shutting down.');
    }
    throw error;
  }
}
