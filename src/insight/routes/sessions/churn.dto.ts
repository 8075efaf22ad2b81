import { ApiProperty } from '@nestjs/swagger';
import { ApiInteger, ApiString, ApiTimestamp } from '../../../platform/http/index.js';
import { SeriesAnswer, SeriesPoint } from '../series/series.dto.js';

const nullable = true;

/** Begins and ends of connections. Those of a node with another open connection do not count. */
export class ChurnPoint extends SeriesPoint {
  @ApiInteger('Nodes that connected.', { nullable, example: 4 })
  begins!: number | null;

  @ApiInteger('Nodes whose connection ended.', { nullable, example: 3 })
  ends!: number | null;

  @ApiInteger('Of these ends: the node returned with another startup time.', { nullable, example: 1 })
  restarts!: number | null;

  @ApiInteger('It returned with the same startup time.', { nullable, example: 1 })
  links_lost!: number | null;

  @ApiInteger('A server was the reason.', { nullable, example: 0 })
  observer_ends!: number | null;

  @ApiInteger('It is not back, or reports no startup time.', { nullable, example: 1 })
  unknown_ends!: number | null;
}

/** At least three restarts of a node, each three of them within 15 minutes. */
export class RestartLoop {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('Its latest name.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiTimestamp('The end of the first process.')
  began_at!: string;

  @ApiTimestamp('The end of the last one.')
  ended_at!: string;

  @ApiInteger('', { example: 4 })
  restarts!: number;
}

/** How often nodes of a chain connect and disconnect. */
export class ChurnAnswer extends SeriesAnswer {
  @ApiProperty({ type: [ChurnPoint], description: 'In order of time.' })
  points!: ChurnPoint[];

  @ApiProperty({ type: [RestartLoop], description: 'Newest first.' })
  restart_loops!: RestartLoop[];
}
