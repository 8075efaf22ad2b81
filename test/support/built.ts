import { dirname, resolve } from 'node:path';

const DIST = resolve(import.meta.dirname, '../../dist');
const MAIN = process.env.TEST_SERVER_MAIN;

/** A file of what was built: of the build of `TEST_SERVER_MAIN`, or of `dist`. */
export function built(path: string): string {
  return resolve(MAIN === undefined ? DIST : dirname(MAIN), path);
}
