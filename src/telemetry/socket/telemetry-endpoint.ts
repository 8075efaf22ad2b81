/** Where a node may send its telemetry. */
export interface TelemetryEndpoint {
  /** The path that the socket is opened on. */
  path: string;
  /** The path that metrics count it under: other names of a path count as that path. */
  countedAs: string;
  /** Its messages are never purged. */
  audit: boolean;
}

export const ENDPOINTS = {
  expiring: { path: '/', countedAs: '/', audit: false },
  /** What nodes of the public telemetry server are set up with. */
  submit: { path: '/submit', countedAs: '/', audit: false },
  audit: { path: '/audit', countedAs: '/audit', audit: true },
} as const satisfies Record<string, TelemetryEndpoint>;
