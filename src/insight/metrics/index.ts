export { chainGaugeProviders } from './chain-gauges.js';
export { ChainMetrics, knownRatioProvider, readChains } from './chain-metrics.js';
