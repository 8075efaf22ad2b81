import { formatBytes, formatBytesPerSecond, formatCount } from '../shared/format.js';

/** The fields of a `system.interval` message, unparsed. */
export type IntervalMessage = Record<string, unknown>;

export interface ChartDefinition {
  title: string;
  labels: readonly string[];
  /** Values of a message, one for each label; null if missing. */
  values: (message: IntervalMessage) => (number | null)[];
  format: (value: number) => string;
  fromZero?: boolean;
}

/** Charts of a node, in display order. Callers omit charts without data. */
export const CHARTS: readonly ChartDefinition[] = [
  {
    title: 'Height (blocks)',
    labels: ['Best', 'Finalized'],
    values: numericFields('height', 'finalized_height'),
    format: formatCount,
    fromZero: false,
  },
  {
    title: 'Finality lag (blocks)',
    labels: ['Best minus finalized'],
    values: (message) => {
      const [height = null, finalized = null] = numericFields('height', 'finalized_height')(message);
      return [height === null || finalized === null ? null : height - finalized];
    },
    format: formatCount,
  },
  { title: 'Peers', labels: ['Connected'], values: numericFields('peers'), format: formatCount },
  {
    title: 'Bandwidth',
    labels: ['Download', 'Upload'],
    values: numericFields('bandwidth_download', 'bandwidth_upload'),
    format: formatBytesPerSecond,
  },
  {
    title: 'Transaction pool (ready transactions)',
    labels: ['Ready'],
    values: numericFields('txcount'),
    format: formatCount,
  },
  {
    title: 'CPU (100 % is one core)',
    labels: ['Used'],
    values: numericFields('cpu'),
    format: (percent) => `${formatCount(percent)}\u00a0%`,
  },
  {
    title: 'Memory',
    labels: ['Used'],
    values: (message) => numericFields('memory')(message).map((kib) => (kib === null ? null : kib * 1024)),
    format: formatBytes,
  },
  {
    title: 'Database I/O',
    labels: ['Read', 'Written'],
    values: numericFields('disk_read_per_sec', 'disk_write_per_sec'),
    format: formatBytesPerSecond,
  },
];

function numericFields(...names: string[]): ChartDefinition['values'] {
  return (message) => names.map((name) => (typeof message[name] === 'number' ? message[name] : null));
}
