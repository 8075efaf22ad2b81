import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiIntegerList,
  ApiString,
  ApiStringList,
  ApiTimestamp,
} from '../platform/http/index.js';

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const OTHER_PEER = '12D3KooWByVpK92hMi9CzTjyFg9cPHDU5ariTM3EPMq9vdh5S5Po';

/** One report of a node on its peers. Element n of each list is about peer n. */
export class ReportedReputations {
  @ApiString('The reporting node.', { example: PEER })
  reporting_peer!: string;

  @ApiStringList('The reported peers, each once, in no particular order.', { example: [OTHER_PEER] })
  remote_peer!: string[];

  @ApiIntegerList('Their reputations. The lowest one if a peer is in several sets.', { example: [-2646] })
  reputation!: number[];

  @ApiProperty({
    type: 'array',
    items: { type: 'boolean' },
    description: 'Whether the node is connected to them in any set.',
    example: [true],
  })
  connected!: boolean[];

  @ApiTimestamp('When the node reported it.')
  ts!: string;
}

/** One report of a node on one peer. */
export class PeerReputation {
  @ApiString('The reporting node.', { example: PEER })
  reporting_peer!: string;

  @ApiInteger('The lowest one of all sets.', { example: -2646 })
  reputation!: number;

  @ApiBoolean('Whether the node is connected to the peer in any set.', { example: true })
  connected!: boolean;

  @ApiTimestamp('When the node reported it.')
  ts!: string;
}
