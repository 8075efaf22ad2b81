export { BenchmarksModule } from './benchmarks.module.js';
