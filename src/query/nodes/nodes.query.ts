import {
  FlagParameter,
  LimitParameter,
  MAX_ROWS,
  PeerIdParameter,
  TextParameter,
  WholeNumberParameter,
} from '../../http/index.js';

/** What `GET /nodes` takes. Each filter is about the newest connection of a peer. */
export class NodesQuery {
  @TextParameter({ takes: 'the name of a chain', description: 'Nodes of this chain.', example: 'Polkadot' })
  chain?: string;

  @TextParameter({
    takes: 'a part of the name of a node',
    description: 'Nodes with this in their name, in upper or lower case.',
    example: 'validator',
  })
  name?: string;

  @TextParameter({
    takes: 'the beginning of a version',
    description: 'Nodes whose version begins with this.',
    example: '1.16',
  })
  version?: string;

  @FlagParameter({ description: 'Nodes that are validators, or that are none.', example: true })
  authority?: boolean;

  @FlagParameter({ description: 'Nodes that have an open connection, or that have none.', example: true })
  connected?: boolean;

  @LimitParameter(MAX_ROWS)
  limit = MAX_ROWS;

  @PeerIdParameter({ description: 'Goes on after a node: the `peer_id` of the last one that you have.' })
  cursor?: string;
}

/** What `GET /nodes/{peer_id}/connections` takes. */
export class NodeConnectionsQuery {
  @LimitParameter(100)
  limit = 100;

  @WholeNumberParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Goes on after a connection: the `id` of the last one that you have.',
    example: 5283920058631409,
  })
  cursor?: number;
}

/** Which node a path is about. */
export class NodePath {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;
}
