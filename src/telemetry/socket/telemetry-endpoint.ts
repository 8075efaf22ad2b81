/** A path that nodes send telemetry to. */
export interface TelemetryEndpoint {
  path: string;
  /** The path in metrics: aliases count as the path that they stand for. */
  countedAs: string;
  /** Whether its messages are never purged. */
  audit: boolean;
}

export const ENDPOINTS = {
  expiring: { path: '/', countedAs: '/', audit: false },
  /** The path of the public telemetry server, with which nodes are configured. */
  submit: { path: '/submit', countedAs: '/', audit: false },
  audit: { path: '/audit', countedAs: '/audit', audit: true },
} as const satisfies Record<string, TelemetryEndpoint>;
