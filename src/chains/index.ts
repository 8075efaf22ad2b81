export { AmbiguousChainError } from './ambiguous-chain.error.js';
export { ApiChainProblem, type ChainChoice } from './chain-choice.js';
export { type ChainName, ChainNames, choicesOf } from './chain-names.js';
export { ChainParameter } from './chain-parameter.js';
export { ChainsModule } from './chains.module.js';
