import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { countNodesByStatus } from '../../network/index.js';
import { Settings } from '../../platform/config/index.js';
import { Lifecycle } from '../../platform/lifecycle/index.js';
import { ReadTransaction } from '../../storage/index.js';
import { DAY_US, HOUR_US, hourOf, minuteOf, MINUTE_US } from '../aggregate/index.js';
import { forksOf } from '../forks/index.js';
import { KnownTime } from '../known-time.js';
import { ChainSettings } from '../settings/index.js';
import { ChainGauges, type ChainSamples } from './chain-gauges.js';
import { aggregatedUntil, chainRows, type ChainRow, ChainTables } from './chain-rows.js';
import { chainSamples, slotMs } from './chain-samples.js';

const INTERVAL_MS = 15_000;
/** Chains with metrics: names and numbers of chains are up to their nodes. */
const MAX_CHAINS = 20;
/** Longer names are cut in labels. */
const MAX_NAME = 64;
/** Without a successful read for so long, nothing is known. */
const KEPT_MS = 60_000;
/** If the aggregation is further behind, nothing is known. */
const MAX_BEHIND_US = 5 * MINUTE_US;
/** Messages of a minute may still be on their way. */
const MINUTE_COMPLETE_US = MINUTE_US / 4;
const KNOWN_US = 5 * MINUTE_US;

/** A node without a connection is offline for so long; then it is forgotten. */
const OFFLINE_US = HOUR_US;
/** The beginning of a fork of the last minutes may be so long ago. */
const FORKS_US = HOUR_US;

const MANY_RESTARTS = 3;
const RESTARTS_WITHIN_US = 15 * MINUTE_US;

export const knownRatioProvider = makeGaugeProvider({
  name: 'tetcore_insight_known_ratio',
  help: 'Share of the last five minutes in which the servers saw their nodes.',
});

/** Reads the metrics of the largest chains from the tables, on every replica. */
@Injectable()
export class ChainMetrics {
  private readonly logger = new Logger(ChainMetrics.name);
  private running: Promise<void> | undefined;
  private readAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lifecycle: Lifecycle,
    private readonly settings: Settings,
    private readonly chainSettings: ChainSettings,
    private readonly gauges: ChainGauges,
    @InjectMetric('tetcore_insight_known_ratio') private readonly known: Gauge,
  ) {
    // A gauge without labels begins with 0.
    known.remove();
  }

  @Interval(INTERVAL_MS)
  async update(): Promise<void> {
    if (!this.settings.INSIGHT_AGGREGATION || !this.lifecycle.running) return;
    await (this.running ??= this.read().finally(() => (this.running = undefined)));
  }

  private async read(): Promise<void> {
    try {
      const { known, chains } = await ReadTransaction.run(this.dataSource, (transaction) =>
        readChains(transaction, this.chainSettings),
      );
      this.known.set(known);
      this.gauges.show(chains);
      this.readAt = performance.now();
    } catch (error) {
      if (!this.lifecycle.running) return;
      this.logger.debug(`The metrics of chains could not be read: ${String(error)}`);
      if (performance.now() - this.readAt < KEPT_MS) return;
      this.known.remove();
      this.gauges.show([]);
    }
  }
}

/** Exported for tests. */
export async function readChains(
  transaction: ReadTransaction,
  settings: ChainSettings,
): Promise<{ known: number; chains: ChainSamples[] }> {
  const { now } = transaction;
  const known = (await KnownTime.read(transaction, now - KNOWN_US, now)).share(now - KNOWN_US, now);
  const at = await aggregatedUntil(transaction);
  if (at === undefined || now - at > MAX_BEHIND_US) return { known, chains: [] };
  const chains = largest(await chainRows(transaction, at - HOUR_US, at), settings);
  return { known, chains: await samplesOf(transaction, chains, at, settings) };
}

/** Those of the settings first. */
function largest(rows: readonly ChainRow[], settings: ChainSettings): ChainRow[] {
  const set = rows.filter((row) => settings.has(row));
  return [...set, ...rows.filter((row) => !settings.has(row))].slice(0, MAX_CHAINS);
}

async function samplesOf(
  transaction: ReadTransaction,
  chains: readonly ChainRow[],
  at: number,
  settings: ChainSettings,
): Promise<ChainSamples[]> {
  if (chains.length === 0) return [];
  const tables = new ChainTables(
    transaction,
    chains.map(({ id }) => id),
    at,
  );
  const minutesTo = minuteOf(at - MINUTE_COMPLETE_US);
  const hour = hourOf(at);
  const known = await KnownTime.read(transaction, at - DAY_US, at);
  const minutes = byChain(await tables.minutes(minutesTo - HOUR_US, minutesTo));
  const hours = byChain(await tables.hours(hour - 7 * DAY_US, hour + HOUR_US));
  const best = byChain(await tables.best(at - 2 * HOUR_US));
  const spans = byChain(await tables.openSpans());
  const versions = byChain(await tables.versions());
  const churn = byChain(await tables.churn(at - MINUTE_US));
  const statuses = await countNodesByStatus(transaction);
  const offline = byChain(await tables.offline(at - OFFLINE_US));
  const rivals = byChain(await tables.rivals(at - FORKS_US));
  const restarting = byChain(await tables.restarting(at - RESTARTS_WITHIN_US, MANY_RESTARTS));
  const facts = chains.map((chain) => ({
    chain,
    setting: settings.of(chain),
    minutes: minutes.get(chain.id) ?? [],
    hours: hours.get(chain.id) ?? [],
  }));
  const slots = facts.map(slotMs);
  const thirds = slots.map((slot) => (slot === null ? null : (slot * 1000) / 3));
  const clocks = byChain(await tables.wrongClocks(hour - HOUR_US, thirds));
  return facts.map(({ chain, ...rest }) => {
    const samples = chainSamples({
      ...rest,
      at,
      known,
      bestAt: best.get(chain.id)?.[0]?.at,
      openSpans: new Map((spans.get(chain.id) ?? []).map(({ kind, count }) => [kind, count])),
      versions: versions.get(chain.id) ?? [],
      statuses: statuses?.filter((count) => count.chain === chain.key),
      offline: offline.get(chain.id)?.[0]?.count ?? 0,
      forks: forksOf(rivals.get(chain.id) ?? []),
      churn: churn.get(chain.id)?.[0],
      restarting: restarting.get(chain.id)?.[0]?.count ?? 0,
      wrongClocks: clocks.get(chain.id)?.[0],
    });
    return { chain: chain.key, name: (chain.name ?? '').slice(0, MAX_NAME), samples };
  });
}

function byChain<Row extends { chain: number }>(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.chain);
    if (group === undefined) groups.set(row.chain, [row]);
    else group.push(row);
  }
  return groups;
}
