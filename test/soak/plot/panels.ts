import { type Growth } from '../samples/quarters.js';
import type { Column, Sample } from '../samples/sample.js';
import type { Panel } from './small-multiples.js';

interface Shown {
  title: string;
  lines: Partial<Record<Column, string>>;
}

const SHOWN: readonly Shown[] = [
  { title: 'resident memory, MiB', lines: { rss_mib: 'resident' } },
  { title: 'heap, MiB', lines: { heap_total_mib: 'taken', heap_used_mib: 'used' } },
  { title: 'C++ objects and array buffers, MiB', lines: { external_mib: 'external' } },
  { title: "the feed's cache, MiB", lines: { feed_cache_mib: 'cache' } },
  { title: 'open files', lines: { open_files: 'files' } },
  { title: 'handles and resources of Node.js', lines: { handles: 'handles', resources: 'resources' } },
  { title: 'connections to the database', lines: { database_connections: 'connections' } },
  { title: 'sockets', lines: { node_sockets: 'nodes', feed_sockets: 'feeds' } },
  { title: 'batches that wait', lines: { queue_batches: 'batches' } },
  { title: 'journal, MiB', lines: { journal_mib: 'journal' } },
  { title: 'messages a second', lines: { stored_per_s: 'stored', received_per_s: 'received' } },
  { title: 'lag of the event loop, p99, ms', lines: { event_loop_p99_ms: 'lag' } },
];

/** @param growths of whose columns the two means are drawn as well */
export function panelsOf(samples: readonly Sample[], growths: readonly Growth[], lengthS: number): Panel[] {
  return SHOWN.map(({ title, lines }) => {
    const columns = Object.entries(lines) as [Column, string][];
    const grown = growths.filter(({ column }) => column in lines);
    const ratios = grown.map(({ ratio }) => `×${ratio.toFixed(3)}`).join(', ');
    return {
      title: ratios === '' ? title : `${title}: ${ratios}`,
      lines: columns.map(([column, name]) => ({ name, values: samples.map((sample) => sample[column]) })),
      levels: grown.flatMap(({ settled, last }) => [
        { from: lengthS / 4, to: lengthS / 2, value: settled.mean },
        { from: (lengthS * 3) / 4, to: lengthS, value: last.mean },
      ]),
    };
  });
}
