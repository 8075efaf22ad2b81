export { AmbiguousChainError, ApiChainProblem, type ChainChoice, ChainParameter } from './chain-request.js';
export { type ChainName, ChainNames, choicesOf } from './chain-names.js';
export { ChainsModule } from './chains.module.js';
