/** How many servers run in this process, which count in one registry of metrics. */
export const runningServers = { count: 0 };
