export {
  AmbiguousChainError,
  ApiChainProblem,
  type ChainChoice,
  ChainParameter,
  ChainPath,
} from './chain-request.js';
export { type ChainName, ChainNames, choicesOf } from './chain-names.js';
export { ChainsModule } from './chains.module.js';
