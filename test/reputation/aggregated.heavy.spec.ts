import { describeAggregated } from './aggregated-history.js';

for (const seed of [2, 3, 4]) describeAggregated(seed, 25);
