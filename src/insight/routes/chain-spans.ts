import { timeText } from '../../storage/index.js';
import { timeSql } from '../tables/columns.js';
import { NO_NODE } from '../tables/spans.js';
import type { ChainRead } from './chain-reads.js';
import type { ChainSpan } from './series/series-answers.dto.js';

/** In an answer: the newest. */
const MAX_SPANS = 100;

/** By the primary key. */
const SPANS = `
  SELECT height::float8 AS height, ${timeText('began_at')} AS began_at, ${timeText('ended_at')} AS ended_at
    FROM insight_spans
   WHERE chain_id = $1 AND node_id = ${NO_NODE.toString()} AND kind = $2
     AND insight_spans.began_at < ${timeSql('$4')} AND (insight_spans.ended_at IS NULL OR insight_spans.ended_at > ${timeSql('$3')})
   ORDER BY insight_spans.began_at DESC LIMIT ${MAX_SPANS.toString()}`;

/** What went on in a time range, newest first. */
export async function chainSpans(
  { transaction, id, range }: ChainRead,
  kind: 'halt' | 'finality_stall',
): Promise<ChainSpan[]> {
  return await transaction.query<ChainSpan>(SPANS, [id, kind, range.from, range.to]);
}
