import { Controller, Get, NotAcceptableException, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiChainProblem, ChainNames } from '../../chains/index.js';
import { Settings } from '../../platform/config/index.js';
import type { RowPieces } from '../../platform/async/index.js';
import { ApiProblems, tooManyRows } from '../../platform/http/index.js';
import { csv, JSON_LIST, NDJSON, RowResponses } from '../../platform/responses/index.js';
import type { RowProjection } from './message-selection.js';
import { CSV_COLUMNS, MESSAGE_CSV, MESSAGE_CSV_RAW, MESSAGE_JSON } from './message-sql.js';
import { Message, MessageCount, PeerCount } from './message.dto.js';
import { NodeLogsQuery, NodeMessagesQuery, PeerCountsQuery } from './messages.query.js';
import { MessagesReadModel } from './messages.read-model.js';

const DEFAULT_PAGE = 100;
const FORMATS = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
const NAMED_FORMATS = { json: FORMATS[0], ndjson: FORMATS[1], csv: FORMATS[2] };

/** Messages of nodes. */
@ApiTags('Messages')
@Controller('nodes')
export class MessagesController {
  constructor(
    private readonly messages: MessagesReadModel,
    private readonly chains: ChainNames,
    private readonly responses: RowResponses,
    private readonly settings: Settings,
  ) {}

  @Get('logs')
  @ApiOperation({
    operationId: 'listMessages',
    summary: 'List messages of a node',
    description:
      'As JSON, in pages, or as NDJSON or CSV, a streamed export of any number of rows. ' +
      'At most four exports run at once, two of them to one address, for an hour each. Continue an aborted export ' +
      'with its last `cursor`.',
  })
  @ApiExtraModels(Message)
  @ApiOkResponse({
    description: 'The messages, newest first by default.',
    content: {
      'application/json': { schema: { type: 'array', items: { $ref: getSchemaPath(Message) } } },
      'application/x-ndjson': {
        schema: { type: 'string', description: 'One Message per line.' },
        example: '{"id":1234,"ip_addr":"192.0.2.1","peer_id":"12D3KooW…","msg":"block.import", …}\n',
      },
      'text/csv': {
        schema: {
          type: 'string',
          description: 'RFC 4180, with a header line. `logs` is JSON in one column. See `raw`.',
        },
        example: `${CSV_COLUMNS.join(',')}\r\n1234,"192.0.2.1","12D3KooW…","block.import",…\r\n`,
      },
    },
  })
  @ApiProblems(400, 406)
  @ApiChainProblem()
  async listMessages(
    @Query() query: NodeLogsQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = query.format ? NAMED_FORMATS[query.format] : acceptedFormat(request);
    response.vary('Accept');
    const list = (projection: RowProjection, limit: number): RowPieces =>
      this.chains.rowsOf(query.chain, (chain) => this.messages.listMessages(query, chain, projection, limit));
    if (format === 'application/json') {
      const { limit = DEFAULT_PAGE } = query;
      const { JSON_MAX_ROWS } = this.settings;
      if (limit > JSON_MAX_ROWS) throw tooManyRows('limit', JSON_MAX_ROWS);
      await this.responses.send(response, list(MESSAGE_JSON, limit), JSON_LIST);
      return;
    }
    const isCsv = format === 'text/csv';
    const csvProjection = query.raw === true ? MESSAGE_CSV_RAW : MESSAGE_CSV;
    const rows = list(isCsv ? csvProjection : MESSAGE_JSON, query.limit ?? Infinity);
    await this.responses.export(response, rows, isCsv ? csv(CSV_COLUMNS) : NDJSON);
  }

  @Get('log_stats')
  @ApiOperation({ operationId: 'countMessages', summary: 'Count the messages of a node by type' })
  @ApiOkResponse({ type: [MessageCount], description: 'Most frequent type first.' })
  @ApiProblems(400)
  @ApiChainProblem()
  async countMessages(@Query() query: NodeMessagesQuery, @Res() response: Response): Promise<void> {
    const rows = this.chains.rowsOf(query.chain, (chain) => this.messages.countMessages(query, chain));
    await this.responses.send(response, rows, JSON_LIST);
  }

  @Get('peer_counts')
  @ApiOperation({
    operationId: 'listPeerCounts',
    summary: 'List the peer counts of a node over time',
    description: 'From its `system.interval` messages and, if it sends them, its network states.',
  })
  @ApiOkResponse({ type: [PeerCount], description: 'Newest first by default.' })
  @ApiProblems(400)
  @ApiChainProblem()
  async listPeerCounts(@Query() query: PeerCountsQuery, @Res() response: Response): Promise<void> {
    const rows = this.chains.rowsOf(query.chain, (chain) => this.messages.listPeerCounts(query, chain));
    await this.responses.send(response, rows, JSON_LIST);
  }
}

/** @throws NotAcceptableException */
function acceptedFormat(request: Request): (typeof FORMATS)[number] {
  const format = request.accepts(...FORMATS);
  if (format === false) throw new NotAcceptableException(`Available formats: ${FORMATS.join(', ')}.`);
  return format as (typeof FORMATS)[number];
}
