import { ApiProperty } from '@nestjs/swagger';
import { ApiBoolean, ApiInteger, ApiNumber, ApiString, ApiTimestamp } from '../../../platform/http/index.js';
import { END_CAUSES } from '../../sessions/derive-sessions.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** How long a node was up. */
export class NodeAvailability {
  @ApiString('', { example: PEER })
  peer_id!: string;

  @ApiString('Its latest name.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiString('Its last version in the range.', { nullable, example: '1.19.0-4f2e9a7c31b' })
  version!: string | null;

  @ApiString('', { nullable, example: 'Parity Polkadot' })
  implementation!: string | null;

  @ApiNumber(
    'Share of the known time in which its process ran: from its start to its last message, also while it was not connected. Null if nothing is known.',
    { nullable, example: 0.9986 },
  )
  availability!: number | null;

  @ApiNumber('Share of the known time in which it was connected.', { nullable, example: 0.9971 })
  heard_share!: number | null;

  @ApiNumber(
    'Share of its time that is known: outside of gaps of its server, and of a minute after each, or connected. A node is expected from its first message until a week after its last one.',
    { nullable, example: 1 },
  )
  known_share!: number | null;

  @ApiNumber('Known time in seconds.', { example: 86400 })
  known_seconds!: number;

  @ApiNumber('The part of it in which its process did not run, as far as messages show.', { example: 121.5 })
  down_seconds!: number;

  @ApiInteger('Times after which it had another startup time.', { example: 1 })
  restarts!: number;

  @ApiInteger(
    'Times that its connection was lost, and its process ran on: it returned with the same startup time.',
    {
      example: 2,
    },
  )
  links_lost!: number;

  @ApiInteger('Times that a server was the reason.', { example: 0 })
  observer_ends!: number;
}

/** How long the nodes of a chain were up. */
export class AvailabilityAnswer extends ChainRangeAnswer {
  @ApiProperty({ type: [NodeAvailability], description: 'By peer id.' })
  nodes!: NodeAvailability[];
}

/** A message that shows when a process started. */
export class Evidence {
  @ApiString('', { example: PEER })
  peer_id!: string;

  @ApiString('', { example: 'system.connected' })
  msg!: string;

  @ApiTimestamp('Find it by this time, and type.')
  created_at!: string;

  @ApiInteger('As the node reports it: milliseconds since the epoch, by its own clock.', {
    nullable,
    example: 1767322800000,
  })
  startup_time!: number | null;
}

/** A time in which a node was not connected. */
export class Interruption {
  @ApiTimestamp('The end of its last connection; its last message, if the end was noticed later.')
  began_at!: string;

  @ApiTimestamp('The begin of the next connection. Null while there is none.', { nullable })
  ended_at!: string | null;

  @ApiString(
    '`restart`: the startup time is another one. `link_lost`: it is the same, so the process lived. `observer`: a server was the reason. `unknown`: the node is not back, or reports no startup time.',
    {
      enum: [...END_CAUSES.filter((cause) => cause !== 'handed_over'), 'unknown'],
      example: 'link_lost',
    },
  )
  cause!: string;

  @ApiBoolean('Whether its process has started again meanwhile. Null if that is not known.', { nullable })
  restarted!: boolean | null;

  @ApiString('Why the connection ended, as in the table `peer_connections`.', { nullable, example: 'closed' })
  end_reason!: string | null;

  @ApiProperty({
    type: [Evidence],
    description:
      'The messages with the startup times: of the connection before, and of the one after. Without those that are purged.',
  })
  evidence!: Evidence[];
}

/** How long a node was up, and when it was not connected. */
export class NodeAvailabilityAnswer extends ChainRangeAnswer {
  @ApiProperty({ type: NodeAvailability })
  node!: NodeAvailability;

  @ApiProperty({ type: [Interruption], description: 'Newest first.' })
  interruptions!: Interruption[];
}
