import {
  EnumListParameter,
  LimitParameter,
  PeerIdParameter,
  StringParameter,
} from '../../../platform/http/index.js';
import { RangeQuery } from '../insight.query.js';

export const STUCK_KINDS = ['stuck', 'finality_stuck', 'behind'] as const;
export type StuckKind = (typeof STUCK_KINDS)[number];

/** Parameters of `GET /chains/{chain}/stuck`. */
export class StuckQuery extends RangeQuery {
  @EnumListParameter({
    of: STUCK_KINDS,
    description:
      'Some of the kinds, separated by commas. By default nodes whose best or final block stood still.',
    default: 'stuck,finality_stuck',
  })
  kind: StuckKind[] = ['stuck', 'finality_stuck'];

  @PeerIdParameter({ description: 'One node.' })
  peer_id?: string;

  @LimitParameter(1_000)
  limit = 1_000;
}

export const EVENT_KINDS = [
  'node_began',
  'node_ended',
  'version_changed',
  'stuck',
  'finality_stuck',
  'behind',
  'halt',
  'finality_stall',
  'block_lost',
  'clock_step',
  'gap',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Parameters of `GET /chains/{chain}/events`. */
export class EventsQuery extends RangeQuery {
  @EnumListParameter({
    of: EVENT_KINDS,
    description: 'Some of the kinds, separated by commas. By default all.',
    example: 'halt,finality_stall,gap',
  })
  kind: EventKind[] = [...EVENT_KINDS];

  @PeerIdParameter({ description: 'Events of one node.' })
  peer_id?: string;

  @LimitParameter(200)
  limit = 200;

  @StringParameter({
    content: 'the cursor of an event',
    description: 'Continues after an event: its `cursor`.',
    maxLength: 300,
  })
  cursor?: string;
}
