/** The name that Prometheus has for all servers. */
export const JOB = 'job="tetcore-analytics"';

/** Label matchers of the chosen servers. */
export const CHOSEN = `${JOB},instance=~"$instance"`;

/** A metric of the chosen servers, with further label matchers. */
export const chosen = (metric: string, ...conditions: string[]): string =>
  `${metric}{${[CHOSEN, ...conditions].join(',')}}`;

/** Increase of a counter per second, summed by labels. */
export const rate = (counter: string, ...by: string[]): string =>
  `sum by (${by.join(', ')}) (rate(${chosen(counter)}[$__rate_interval]))`;

/** Increase of a counter per interval, summed by labels. */
export const increase = (counter: string, ...by: string[]): string =>
  `sum by (${by.join(', ')}) (increase(${chosen(counter)}[$__rate_interval]))`;

/** A quantile of a histogram over all chosen servers, or by labels. */
export const quantile = (share: number, histogram: string, ...by: string[]): string =>
  `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (rate(${chosen(`${histogram}_bucket`)}[$__rate_interval])))`;

/** Three quantiles with their legends. */
export const quantiles = (histogram: string): [expr: string, legend: string][] =>
  [0.5, 0.9, 0.99].map((share) => [quantile(share, histogram), `p${Math.round(share * 100)}`]);

/** The largest value of a setting among the chosen servers: see `SettingGauges` of the server. */
export const setting = (name: string): string => `max(${chosen(`tetcore_setting_${name}`)})`;

/** A threshold from rules.yml, which has no labels. */
export const bound = (name: string): string => `max(tetcore:${name}:bound)`;
