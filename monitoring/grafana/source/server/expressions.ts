/** The name that Prometheus has for all servers. */
export const JOB = 'job="tetcore-analytics"';

/** The servers that were chosen: labels of each metric of theirs. */
export const CHOSEN = `${JOB},instance=~"$instance"`;

/** The same with further conditions. */
export const chosen = (metric: string, ...conditions: string[]): string =>
  `${metric}{${[CHOSEN, ...conditions].join(',')}}`;

/** How fast a counter grows, a second, summed up by labels. */
export const rate = (counter: string, ...by: string[]): string =>
  `sum by (${by.join(', ')}) (rate(${chosen(counter)}[$__rate_interval]))`;

/** By how much a counter grew in each interval. */
export const increase = (counter: string, ...by: string[]): string =>
  `sum by (${by.join(', ')}) (increase(${chosen(counter)}[$__rate_interval]))`;

/** A quantile of a histogram over all servers that were chosen, or by labels. */
export const quantile = (share: number, histogram: string, ...by: string[]): string =>
  `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (rate(${chosen(`${histogram}_bucket`)}[$__rate_interval])))`;

/** Three quantiles with what their lines are called. */
export const quantiles = (histogram: string): [expr: string, legend: string][] =>
  [0.5, 0.9, 0.99].map((share) => [quantile(share, histogram), `p${Math.round(share * 100)}`]);

/** A bound of rules.yml, which has no labels. */
export const bound = (name: string): string => `max(tetcore:${name}:bound)`;
