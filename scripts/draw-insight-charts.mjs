// Draws docs/images/insight-*.svg from the responses of a server with the history of docs/insight.md:
//   node scripts/draw-insight-charts.mjs http://127.0.0.1:8080 Simnet 2026-11-30T16:00:00Z
// The last argument is the start of the history, which has six hours.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Chart, UNSEEN } from './svg-chart.mjs';

const [api, chain, start] = process.argv.slice(2);
if (start === undefined) throw new Error('Usage: draw-insight-charts.mjs API CHAIN START');
const from = Date.parse(start);
const to = from + 6 * 3_600_000;
const MINUTE = 60_000;
const BLUE = '#1f77b4';
const ORANGE = '#e8872b';
const RED = '#c9342f';
const GREEN = '#4c9a4c';
const PURPLE = '#8461b5';

const range = `start_time=${new Date(from).toISOString()}&end_time=${new Date(to).toISOString()}`;

async function get(path) {
  const response = await globalThis.fetch(`${api}${path}${path.includes('?') ? '&' : '?'}${range}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}
const ofChain = (path) => get(`/chains/${encodeURIComponent(chain)}/${path}`);

/** Points with their time in milliseconds. */
const timed = ({ points }) => points.map((point) => ({ ...point, at: Date.parse(point.time) }));
const end = ({ ended_at: ended }) => (ended === null ? to : Date.parse(ended));

function overTime(points, height) {
  const chart = new Chart({ from, to, height });
  for (const { at, known_share: known } of points) if (known < 0.5) chart.shade(at, at + MINUTE, UNSEEN);
  if (points.some(({ known_share: known }) => known < 0.5)) chart.legend('not seen', UNSEEN);
  chart.hours();
  return chart;
}

const charts = {
  async finality() {
    const answer = await ofChain('finality?resolution=minute');
    const points = timed(answer);
    const chart = overTime(points, 150);
    for (const stall of answer.stalls) chart.shade(Date.parse(stall.began_at), end(stall), '#f9dcdc');
    const most = Math.max(...points.map(({ lag_p90: lag }) => lag ?? 0));
    chart.marks([0, 50, 100, 150, 200].filter((lag) => lag <= most).map((lag) => [lag / most, lag]));
    for (const [name, colour, field] of [
      ['90 % of the nodes: blocks behind', ORANGE, 'lag_p90'],
      ['half of the nodes', BLUE, 'lag_p50'],
    ]) {
      chart.line(
        points.map((point) => [point.at, point[field] === null ? null : point[field] / most]),
        colour,
      );
      chart.legend(name, colour);
    }
    chart.legend('stall', '#f9dcdc');
    return chart.svg('Blocks that are not final, by minute');
  },

  async uptime() {
    const { nodes } = await ofChain('availability');
    const worst = nodes.sort((one, other) => one.heard_share - other.heard_share).slice(0, 16);
    const chart = new Chart({ from, to, height: 16 * 11 });
    const colours = { restart: RED, link_lost: ORANGE, observer: UNSEEN, unknown: '#999' };
    for (const [index, { peer_id: peer, name }] of worst.entries()) {
      chart.lane(index, worst.length, [from, to], '#cfe8cf');
      const { interruptions } = await get(`/nodes/${peer}/availability`);
      for (const each of interruptions)
        chart.lane(index, worst.length, [Date.parse(each.began_at), end(each)], colours[each.cause]);
      chart.marks([[1 - (index + 0.6) / worst.length, `…${name.slice(-4)}`]]);
    }
    chart.hours();
    chart.legend('connected', '#cfe8cf');
    chart.legend('restart', RED);
    chart.legend('link lost', ORANGE);
    chart.legend('not seen', UNSEEN);
    return chart.svg('Interruptions of sixteen nodes');
  },

  async propagation() {
    const points = timed(await ofChain('propagation?resolution=minute'));
    const chart = overTime(points, 150);
    // From 100 ms to 60 s.
    const share = (ms) => (ms === null ? null : Math.log(ms / 100) / Math.log(600));
    chart.marks([100, 1_000, 10_000, 60_000].map((ms) => [share(ms), `${ms / 1000} s`]));
    for (const [name, colour, field] of [
      ['99 %', RED, 'p99_ms'],
      ['90 %', ORANGE, 'p90_ms'],
      ['50 % of the expected nodes had the block', BLUE, 'p50_ms'],
    ]) {
      chart.line(
        points.map((point) => [point.at, share(point[field])]),
        colour,
      );
      chart.legend(name, colour);
    }
    return chart.svg('Time until blocks had arrived, by minute');
  },

  async stuck() {
    const { spans } = await ofChain('stuck?kind=stuck,behind');
    const nodes = [...new Set(spans.map(({ name }) => name))].slice(0, 20);
    const chart = new Chart({ from, to, height: nodes.length * 11 });
    chart.marks(nodes.map((name, index) => [1 - (index + 0.6) / nodes.length, `…${name.slice(-4)}`]));
    for (const span of spans.toSorted((one) => (one.kind === 'behind' ? -1 : 1))) {
      const index = nodes.indexOf(span.name);
      const colour = span.kind === 'stuck' ? RED : ORANGE;
      if (index >= 0) chart.lane(index, nodes.length, [Date.parse(span.began_at), end(span)], colour);
    }
    chart.hours();
    chart.legend('stuck', RED);
    chart.legend('behind', ORANGE);
    return chart.svg('Nodes that did not follow their chain');
  },

  async versions() {
    const { points, versions } = await ofChain('versions?resolution=minute');
    const own = versions.filter(({ implementation }) => implementation === versions[0].implementation);
    const times = points.map(({ time }) => Date.parse(time));
    const most = Math.max(
      ...points.map((_, index) => own.reduce((sum, { counts }) => sum + counts[index], 0)),
    );
    const chart = overTime(timed({ points }), 150);
    chart.marks([0, 0.25, 0.5, 0.75, 1].map((share) => [share, Math.round(share * most)]));
    for (const [index, { version, counts }] of own.slice(0, 4).entries()) {
      const colour = [BLUE, ORANGE, GREEN, PURPLE][index];
      chart.line(
        counts.map((count, at) => [times[at], count / most]),
        colour,
      );
      chart.legend(version.replace(/-.*/, ''), colour);
    }
    return chart.svg('Nodes by version');
  },

  async forks() {
    const points = timed(await ofChain('forks?resolution=minute'));
    const chart = overTime(points, 110);
    bars(chart, points, [['blocks that lost, in ten minutes', RED, 'orphans']]);
    return chart.svg('Blocks that lost, by the time when their height became final');
  },

  async production() {
    const answer = await ofChain('production?resolution=minute');
    const points = timed(answer);
    const chart = overTime(points, 110);
    for (const halt of answer.halts) chart.shade(Date.parse(halt.began_at), end(halt), '#f9dcdc');
    bars(chart, points, [['missing slots, in ten minutes', BLUE, 'missing_slots']]);
    chart.legend('halt', '#f9dcdc');
    return chart.svg('Slots without a block');
  },

  async churn() {
    const points = timed(await ofChain('churn?resolution=minute'));
    const chart = overTime(points, 130);
    bars(chart, points, [
      ['restarts', RED, 'restarts'],
      ['links lost', ORANGE, 'links_lost'],
      ['ends because of a server', '#999', 'observer_ends'],
    ]);
    return chart.svg('Ends of connections in ten minutes, by cause');
  },

  async clocks() {
    const { distribution } = await ofChain('clocks');
    const bins = distribution.filter(({ from_ms: lower, to_ms: upper }) => lower !== null && upper !== null);
    const most = Math.max(...bins.map(({ nodes }) => nodes));
    const chart = new Chart({ to: bins.length, height: 110 });
    chart.marks([0, 0.5, 1].map((share) => [share, Math.round(share * most)]));
    for (const [index, { from_ms: lower, to_ms: upper, nodes }] of bins.entries()) {
      const isWrong = lower >= 500 || upper <= -500;
      chart.bar(index, index + 1, [[nodes / most, isWrong ? RED : BLUE]]);
      if (index > 0) chart.label(index, lower);
    }
    chart.legend('nodes, by how many ms their clock is ahead', BLUE);
    chart.legend('wrong', RED);
    return chart.svg('How far clocks of nodes are off');
  },
};

/** Stacked bars of ten minutes: the sums of points of a minute. */
function bars(chart, points, fields) {
  const sums = [];
  for (const point of points) {
    const index = Math.floor((point.at - from) / (10 * MINUTE));
    sums[index] ??= fields.map(() => 0);
    for (const [at, [, , field]] of fields.entries()) sums[index][at] += Math.max(point[field] ?? 0, 0);
  }
  const most = Math.max(...sums.filter(Boolean).map((each) => each.reduce((sum, one) => sum + one, 0)));
  chart.marks([0, 0.5, 1].map((share) => [share, Math.round(share * most)]));
  for (const [index, each] of sums.entries()) {
    const at = from + index * 10 * MINUTE;
    const parts = each?.map((sum, field) => [sum / most, fields[field][1]]) ?? [];
    chart.bar(at, at + 10 * MINUTE, parts);
  }
  for (const [name, colour] of fields) chart.legend(name, colour);
}

for (const [name, draw] of Object.entries(charts)) {
  const file = resolve(import.meta.dirname, `../docs/images/insight-${name}.svg`);
  await writeFile(file, await draw());
}
