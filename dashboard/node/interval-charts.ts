import { formatBytes, formatBytesPerSecond, formatCount } from '../shared/format.js';

/** The fields of a `system.interval` message, as they came. */
export type Interval = Record<string, unknown>;

export interface ChartDefinition {
  title: string;
  labels: readonly string[];
  /** Values of a message, one for each label; null if missing. */
  values: (interval: Interval) => (number | null)[];
  format: (value: number) => string;
  fromZero?: boolean;
}

/** The charts of a node, in their order. Those that its messages have nothing for are left out. */
export const CHARTS: readonly ChartDefinition[] = [
  {
    title: 'Height (blocks)',
    labels: ['Best', 'Finalized'],
    values: fields('height', 'finalized_height'),
    format: formatCount,
    fromZero: false,
  },
  {
    title: 'Finality lag (blocks)',
    labels: ['Best minus finalized'],
    values: (interval) => {
      const [height = null, finalized = null] = fields('height', 'finalized_height')(interval);
      return [height === null || finalized === null ? null : height - finalized];
    },
    format: formatCount,
  },
  { title: 'Peers', labels: ['Connected'], values: fields('peers'), format: formatCount },
  {
    title: 'Bandwidth',
    labels: ['Download', 'Upload'],
    values: fields('bandwidth_download', 'bandwidth_upload'),
    format: formatBytesPerSecond,
  },
  {
    title: 'Transaction pool (ready transactions)',
    labels: ['Ready'],
    values: fields('txcount'),
    format: formatCount,
  },
  {
    title: 'CPU (100 % is one core)',
    labels: ['Used'],
    values: fields('cpu'),
    format: (percent) => `${formatCount(percent)}\u00a0%`,
  },
  {
    title: 'Memory',
    labels: ['Used'],
    values: (interval) => fields('memory')(interval).map((kib) => (kib === null ? null : kib * 1024)),
    format: formatBytes,
  },
  {
    title: 'Database I/O',
    labels: ['Read', 'Written'],
    values: fields('disk_read_per_sec', 'disk_write_per_sec'),
    format: formatBytesPerSecond,
  },
];

function fields(...names: string[]): ChartDefinition['values'] {
  return (interval) => names.map((name) => (typeof interval[name] === 'number' ? interval[name] : null));
}
