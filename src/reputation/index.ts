export { aggregateReports, rebuildReports, reportsImported } from './report-aggregation.js';
export { ReputationModule } from './reputation.module.js';
