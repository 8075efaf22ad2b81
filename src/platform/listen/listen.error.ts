import type { Settings } from '../config/index.js';
import { codeOf, describeError, OperatorError } from '../errors/index.js';
import { portHolder } from './port-holder.js';

export interface ListenAddress {
  /** The setting with the port. */
  setting: 'PORT' | 'METRICS_PORT';
  host: string;
  port: number;
}

/** The addresses of a server, by its settings. */
export function listenAddresses({ HOST, PORT, METRICS_PORT }: Settings): ListenAddress[] {
  const addresses: ListenAddress[] = [{ setting: 'PORT', host: HOST, port: PORT }];
  if (METRICS_PORT !== undefined) addresses.push({ setting: 'METRICS_PORT', host: HOST, port: METRICS_PORT });
  return addresses;
}

/** Why a server cannot listen on an address, and what to do, by the code of the system's error. */
export function listenProblem(
  { setting, host, port }: ListenAddress,
  code: string,
): { message: string; advice: string } {
  const what = `port ${port.toString()} (${setting}) of ${host}`;
  switch (code) {
    case 'EADDRINUSE': {
      const holder = portHolder(port) ?? 'another process';
      return {
        message: `${capitalize(what)} is used by ${holder}.`,
        advice: `Stop that process, or set ${setting} to another port.`,
      };
    }
    case 'EACCES':
      return {
        message: `This user cannot listen on ${what}.`,
        advice: `Set ${setting} to 1024 or more, or give the service CAP_NET_BIND_SERVICE.`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        message: `${host} (HOST) is not an address of this machine.`,
        advice: 'Set HOST to an address of this machine, or to 0.0.0.0.',
      };
    default:
      return { message: `Cannot listen on ${what}: ${code}.`, advice: `Change HOST or ${setting}.` };
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The server cannot listen on a port. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError';

  constructor(address: ListenAddress, cause: unknown) {
    const { message, advice } = listenProblem(address, codeOf(cause) ?? describeError(cause));
    super(`${message} ${advice}`, { cause });
  }
}
