import { ApiProperty } from '@nestjs/swagger';
import { ApiNumber } from '../../../platform/http/index.js';
import { SeriesAnswer, SeriesPoint } from './series.dto.js';

const nullable = true;

/** How well the nodes of a chain are connected at a time, compared with themselves. */
export class ConnectivityPoint extends SeriesPoint {
  @ApiProperty({
    type: 'array',
    items: { type: 'number' },
    nullable,
    description:
      'Share of the nodes in each of ten bands: with less than 10 % of the most peers that they had in this hour and the two before, with 10 to 20 %, and so on. A node that had none is in the first.',
    example: [0, 0, 0.01, 0, 0, 0, 0.02, 0.04, 0.11, 0.82],
  })
  bands!: number[] | null;

  @ApiNumber('The median node, by its band: 0 to 1.', { nullable, example: 0.94 })
  p50!: number | null;
}

/** How well the nodes of a chain are connected, compared with themselves. */
export class ConnectivityAnswer extends SeriesAnswer {
  @ApiProperty({ type: [ConnectivityPoint], description: 'Oldest first.' })
  points!: ConnectivityPoint[];
}
