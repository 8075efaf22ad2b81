import { ChainParameter } from '../../../chains/index.js';
import { IntegerParameter, PeerIdParameter } from '../../../platform/http/index.js';
import { RangeQuery } from '../insight.query.js';

/** Parameters of `GET /chains/{chain}/availability`. */
export class AvailabilityQuery extends RangeQuery {
  @IntegerParameter({ min: 1, max: 2_000, description: 'Maximum number of nodes.', default: 100 })
  limit = 100;

  @PeerIdParameter({ description: 'Continues after a node: the `peer_id` of the last node received.' })
  cursor?: string;
}

/** Parameters of `GET /nodes/{peer_id}/availability`. */
export class NodeAvailabilityQuery extends RangeQuery {
  @ChainParameter({ description: 'The node on this chain. Default: the chain of its last message.' })
  chain?: string;

  @IntegerParameter({ min: 1, max: 1_000, description: 'Maximum number of interruptions.', default: 100 })
  limit = 100;
}

/** The node in a path. */
export class AvailabilityPath {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;
}
