import type { ServerResponse } from 'node:http';

/** Calls when the headers of an answer are about to go, which may yet be changed then. */
export function beforeHeaders(response: ServerResponse, call: () => void): void {
  // Node calls it as well where nobody else does.
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
  response.writeHead = (...given: unknown[]) => {
    if (!response.headersSent) call();
    return writeHead(...given);
  };
}
