export { OtherSinks, SINKS } from './other-sinks.js';
export { SinkError } from './sink.error.js';
export { SinkMetrics, sinkMetricProviders } from './sink.metrics.js';
