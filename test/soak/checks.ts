import type { Balance } from '../delivery/ledger/ledger.js';
import type { Growth } from './samples/quarters.js';

/** By how much the last quarter may be above the settled one. */
export const MOST_GROWTH = 1.1;
/** Of the messages that were to be sent. With fewer the run shows nothing. */
const LEAST_SENT = 0.9;
const MAX_LINES = 10;

/** One of the things that the verdict is made of. */
export interface Check {
  name: string;
  ok: boolean;
  detail: string;
  /** Says something only where the run took minutes. */
  ofGrowth: boolean;
}

export interface Found {
  balance: Balance;
  /** Of memory, files and handles. */
  growths: readonly Growth[];
  /** Of the messages that were to be sent in the time that was looked at, those that were. */
  sentShare: number;
  /** Whatever went wrong with the feed, with requests, and with the server. */
  feedFailures: readonly string[];
  requestFailures: readonly string[];
  problems: readonly string[];
}

export function checksOf(found: Found): Check[] {
  const { sent, due, unread, missing, twice, wrong, findings } = found.balance;
  const check = (name: string, ok: boolean, detail: string): Check => ({ name, ok, detail, ofGrowth: false });
  const none = (name: string, lines: readonly string[]): Check =>
    check(name, lines.length === 0, lines.length === 0 ? 'none' : listed(lines));
  return [
    check(
      'messages are stored once',
      missing + twice + wrong === 0,
      `${sent} sent, ${due} due, ${unread} in buffers of sockets that broke, ${missing} missing, ${twice} twice, ${wrong} wrong${findings.map((line) => `\n    ${line}`).join('')}`,
    ),
    check(
      'messages came at the rate',
      found.sentShare >= LEAST_SENT,
      `${(found.sentShare * 100).toFixed(1)} % of them, at least ${LEAST_SENT * 100} %`,
    ),
    none('failures of the feed', found.feedFailures),
    none('failed requests', found.requestFailures),
    none('problems of the server', found.problems),
    ...found.growths.map((growth) => ({
      name: `growth of ${growth.column}`,
      ok: growth.ratio <= MOST_GROWTH,
      detail: `${describeGrowth(growth)}, at most ×${MOST_GROWTH}`,
      ofGrowth: true,
    })),
  ];
}

/** The means of both quarters, and what was lowest in them. */
export function describeGrowth({ settled, last, ratio }: Growth): string {
  const parts = [settled, last].map(({ mean, lowest }) => `${mean.toFixed(1)} (lowest ${lowest.toFixed(1)})`);
  return `from ${parts.join(' to ')}, ×${ratio.toFixed(3)}`;
}

function listed(lines: readonly string[]): string {
  const shown = lines.slice(0, MAX_LINES).map((line) => `\n    ${line}`);
  return `${lines.length}${shown.join('')}${lines.length > MAX_LINES ? '\n    …' : ''}`;
}
