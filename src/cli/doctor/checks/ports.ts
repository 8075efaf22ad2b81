import { createServer } from 'node:net';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, problem } from '../finding.js';
import { addressOf, stateOfServer } from '../running-server.js';

/** Whether the ports are free, or ours. */
export const ports: Check<Machine> = {
  name: 'ports',
  look: async ({ settings: { HOST, PORT, METRICS_PORT } }) => {
    const all = [
      { name: 'PORT', port: PORT },
      ...(METRICS_PORT === undefined ? [] : [{ name: 'METRICS_PORT', port: METRICS_PORT }]),
    ];
    return await Promise.all(all.map(({ name, port }) => lookAt(name, HOST, port)));
  },
};

async function lookAt(name: string, host: string, port: number): Promise<Finding> {
  const what = `Port ${port} (${name}) of ${host}`;
  const code = await listen(host, port);
  switch (code) {
    case undefined:
      return ok(port === 0 ? `${name} is 0: the server uses any free port.` : `${what} is free.`);
    case 'EADDRINUSE': {
      const state = await stateOfServer(addressOf(host, port));
      if (state !== undefined) return ok(`${what} is used by a tetcore-analytics server, which is ${state}.`);
      return problem(
        `${what} is used by another program.`,
        `Stop that program, or set ${name} to another port.`,
      );
    }
    case 'EACCES':
      return problem(
        `This user cannot listen on ${what.replace('Port', 'port')}.`,
        `Set ${name} to 1024 or more, or give the service CAP_NET_BIND_SERVICE.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return problem(`${host} (HOST) is not an address of this machine.`, 'Set HOST to an address of this machine, or to 0.0.0.0.');
    default:
      return problem(`Cannot listen on ${what.replace('Port', 'port')}: ${code}.`, `Change HOST or ${name}.`);
  }
}

/** Listens for a moment; the code of the error where that fails. */
function listen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}
