import type { JSX } from 'preact';
import { Page } from '../shared/page.js';
import { useQueryState } from '../shared/url-state.js';
import { Comparison } from './comparison.js';
import { Overview } from './overview.js';
import { RunPart } from './run-part.js';

const PATH = '/dashboard/benchmarks/';

/** All runs, one run (`id`), or a comparison of two runs (`base` and `head`). */
export function BenchmarksPage(): JSX.Element {
  const [query, change] = useQueryState();
  const [id, base, head] = ['id', 'base', 'head'].map((name) => idIn(query.get(name)));
  const target = query.get('target') ?? '';
  const event = query.get('event') ?? '';
  if (base !== undefined && head !== undefined) {
    return (
      <Page title={`Benchmarks ${base} and ${head}`} path={PATH}>
        <Back />
        <Comparison base={base} head={head} event={event} target={target} change={change} />
      </Page>
    );
  }
  if (id !== undefined) {
    return (
      <Page title={`Benchmark ${id}`} path={PATH}>
        <Back />
        <RunPart
          key={id}
          id={id}
          event={event}
          target={target}
          overTime={query.get('over_time') === '1'}
          change={change}
        />
      </Page>
    );
  }
  return (
    <Page title="Benchmarks" path={PATH} peerId={query.get('peer_id') ?? ''}>
      <Overview peerId={query.get('peer_id') ?? ''} />
    </Page>
  );
}

function Back(): JSX.Element {
  return (
    <p>
      <a href={PATH}>All benchmarks</a>
    </p>
  );
}

function idIn(text: string | null): number | undefined {
  const id = Number(text ?? '');
  return Number.isSafeInteger(id) && id >= 1 ? id : undefined;
}
