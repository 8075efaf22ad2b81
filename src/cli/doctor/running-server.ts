const RESPONSE_TIMEOUT_MS = 3_000;

/** The URL of a local server by its listen address. */
export function urlOf(host: string, port: number): string {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** Whether a server is ready: `reason` if it is degraded, `detail` if it is not ready. */
export interface Readiness {
  status?: unknown;
  reason?: unknown;
  detail?: unknown;
}

/** The state of a server at an address, such as `running`; undefined if it is another program, or nothing responds. */
export async function serverState(address: string): Promise<string | undefined> {
  try {
    const answer = (await (await get(`${address}/health/live`)).json()) as {
      status?: unknown;
      state?: unknown;
    } | null;
    return answer?.status === 'live' && typeof answer.state === 'string' ? answer.state : undefined;
  } catch {
    return undefined;
  }
}

/** The sum of a metric of a running server; undefined if none responds, or it has no such metric. */
export async function serverMetric(address: string, name: string): Promise<number | undefined> {
  try {
    const response = await get(`${address}/metrics`);
    const values = [
      ...(await response.text()).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm')),
    ];
    return values.length === 0 ? undefined : values.reduce((sum, [, value]) => sum + Number(value), 0);
  } catch {
    return undefined;
  }
}

/** The response of `/health/ready`; undefined if it is another program, or nothing responds. */
export async function serverReadiness(address: string): Promise<Readiness | undefined> {
  try {
    return (await (await get(`${address}/health/ready`)).json()) as Readiness;
  } catch {
    return undefined;
  }
}

function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS), redirect: 'error' });
}
