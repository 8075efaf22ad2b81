import { ChainParameter } from '../../chains/index.js';
import { NODE_STATUSES, type NodeStatus } from '../../network/index.js';
import {
  BooleanParameter,
  DEFAULT_ROWS,
  EnumListParameter,
  IntegerParameter,
  LimitParameter,
  PeerIdParameter,
  StringParameter,
} from '../../platform/http/index.js';

/** Parameters of `GET /nodes`. Each filter applies to the connection that describes a node. */
export class NodesQuery {
  @ChainParameter({ description: 'Nodes of this chain.' })
  chain?: string;

  @StringParameter({
    content: 'a part of the name of a node',
    description: 'Nodes whose name contains this text, case-insensitive.',
    example: 'validator',
  })
  name?: string;

  @StringParameter({
    content: 'the beginning of a version',
    description: 'Nodes whose version begins with this text.',
    example: '1.16',
  })
  version?: string;

  @BooleanParameter({ description: 'Validators (`true`) or other nodes (`false`).', example: true })
  authority?: boolean;

  @BooleanParameter({
    description: 'Nodes with an open connection (`true`) or without one (`false`).',
    example: true,
  })
  connected?: boolean;

  @EnumListParameter({
    of: NODE_STATUSES,
    description: 'Nodes with one of these statuses, separated by commas.',
    example: 'stuck,lagging',
  })
  status?: NodeStatus[];

  @LimitParameter(DEFAULT_ROWS)
  limit = DEFAULT_ROWS;

  @StringParameter({
    content: 'the cursor of a node, or a peer id',
    description:
      'Continues after a node: the `cursor` of the last node received. With a `peer_id` it continues after all nodes of that peer.',
    maxLength: 8_192,
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  })
  cursor?: string;
}

/** Parameters of `GET /nodes/{peer_id}/connections`. */
export class NodeConnectionsQuery {
  @ChainParameter({ description: 'Connections to this chain.' })
  chain?: string;

  @LimitParameter(100)
  limit = 100;

  @IntegerParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Continues after a connection: the `id` of the last connection received.',
    example: 5283920058631409,
  })
  cursor?: number;
}

/** Parameters of `GET /nodes/{peer_id}`. */
export class NodeQuery {
  @ChainParameter({ description: 'The node on this chain. Default: the chain of its last message.' })
  chain?: string;
}

/** The node in a path. */
export class NodePath {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;
}
