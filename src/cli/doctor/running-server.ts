const ANSWER_LIMIT_MS = 3_000;

/** Where a server that listens on a host is reached from this machine. */
export function addressOf(host: string, port: number): string {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** The state of our server there, such as `running`; undefined where something else answers, or nothing does. */
export async function stateOfServer(address: string): Promise<string | undefined> {
  try {
    const answer = (await ask(`${address}/health/live`).then((response) => response.json())) as {
      status?: unknown;
      state?: unknown;
    } | null;
    return answer?.status === 'live' && typeof answer.state === 'string' ? answer.state : undefined;
  } catch {
    return undefined;
  }
}

function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), redirect: 'error' });
}
