import { ChainParameter } from '../chains/index.js';
import { WholeNumberParameter } from '../platform/http/index.js';

/** Which chain a path is about. */
export class ChainPath {
  @ChainParameter({ description: 'The chain.', required: true })
  chain!: string;
}

const PAGE = 1_000;
const MAX_PAGE = 5_000;

/** What `GET /network/{chain}` takes. */
export class NetworkQuery {
  @WholeNumberParameter({ min: 1, max: MAX_PAGE, description: 'Maximum number of nodes.', default: PAGE })
  limit = PAGE;

  @WholeNumberParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Continues after a node: the `next_cursor` of the previous page.',
    example: 4507997673881,
  })
  cursor?: number;
}
