import { ApiProperty } from '@nestjs/swagger';
import { ApiInteger, ApiString, ApiTimestamp } from '../../../platform/http/index.js';
import { END_CAUSES } from '../../sessions/derive-sessions.js';
import { EVENT_KINDS, STUCK_KINDS } from './events.query.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** A time in which a node did not follow its chain. */
export class StuckSpan {
  @ApiString('', { example: PEER })
  peer_id!: string;

  @ApiString('The latest name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiString(
    '`stuck`: its best block was the same for over a minute while the chain rose by 10. `finality_stuck`: the same of its final block, and 20. `behind`: 5 or more blocks behind for 30 s.',
    { enum: [...STUCK_KINDS], example: 'stuck' },
  )
  kind!: string;

  @ApiTimestamp('The first block of the chain that it did not have; when it was 5 blocks behind.')
  began_at!: string;

  @ApiTimestamp('Its next block, or its last message. Null while it lasts.', { nullable })
  ended_at!: string | null;

  @ApiInteger('Its best or final block then.', { example: 21400123 })
  height!: number;
}

/** Nodes of a chain that did not follow it. */
export class StuckAnswer extends ChainRangeAnswer {
  @ApiProperty({ type: [StuckSpan], description: 'Those that overlap the time range, latest first.' })
  spans!: StuckSpan[];
}

/** Something that happened to a chain, to a node or to this observer. */
export class ChainEvent {
  @ApiTimestamp('')
  at!: string;

  @ApiTimestamp('When it ended. Null while it lasts, and for what has no duration.', { nullable })
  ended_at!: string | null;

  @ApiString(
    '`node_began`, `node_ended`: a session. `version_changed`: a node restarted with another version. `stuck`, `finality_stuck`, `behind`: see `stuck`. `halt`: no new block. `finality_stall`: no new final block. `block_lost`: a block that is not the final one of its height. `clock_step`: the clock of a node was set, in the hour from `at`. `gap`: a server did not receive data.',
    { enum: [...EVENT_KINDS], example: 'finality_stall' },
  )
  kind!: string;

  @ApiString('The node. Null for events of the chain and of this observer.', { nullable, example: PEER })
  peer_id!: string | null;

  @ApiString('The latest name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiString(
    `Of \`node_ended\`: ${END_CAUSES.filter((cause) => cause !== 'handed_over')
      .map((cause) => `\`${cause}\``)
      .join(', ')}, or null if it is not known. Of \`gap\`: \`down\`, \`paused\` or \`sockets_lost\`.`,
    { nullable, example: 'restart' },
  )
  cause!: string | null;

  @ApiInteger('Of blocks, and of what stood still.', { nullable, example: 21400123 })
  height!: number | null;

  @ApiString('Of `block_lost`.', {
    nullable,
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  })
  hash!: string | null;

  @ApiString('Of `node_began` and `version_changed`.', { nullable, example: '1.19.0-4f2e9a7c31b' })
  version!: string | null;

  @ApiString('Of `version_changed`.', { nullable, example: '1.18.1-0c4e8a2f5d7' })
  previous_version!: string | null;

  @ApiInteger('Of `gap`: the number of the server process. Of `clock_step`: how often it was set.', {
    nullable,
    example: 1051,
  })
  number!: number | null;

  @ApiString('Continues a list after this event.', { example: '1767322800000000-halt/0/1767322800000000' })
  cursor!: string;
}

/** What happened to a chain. */
export class EventsAnswer extends ChainRangeAnswer {
  @ApiProperty({ type: [ChainEvent], description: 'Those that began in the time range, latest first.' })
  events!: ChainEvent[];
}
