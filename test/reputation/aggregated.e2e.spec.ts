import { describeAggregated } from './aggregated-history.js';

describeAggregated(1, 12);
