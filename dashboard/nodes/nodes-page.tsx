import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { FeedClient } from '../shared/feed.js';
import { Page } from '../shared/page.js';
import { Empty, Failed, Loading, Shown } from '../shared/states.js';
import { type ApiSchema, RequestFailedError } from '../shared/api.js';
import { formatCount } from '../shared/format.js';
import { linkTo, useQueryState } from '../shared/url-state.js';
import { ChainChoice } from './chain-choice.js';
import { chainLabel, chainOf } from './chain-label.js';
import { ColumnChoice } from './column-choice.js';
import { type Column, COLUMNS, fieldsOf, NAME } from './columns.js';
import type { Chain } from './network.js';
import type { NodeStore } from './node-store.js';
import { NetworkSummary } from './network-summary.js';
import { NodeTable } from './node-table.js';
import { useChains, useNodeStore } from './use-network.js';
import { useStored, useSearch } from './hooks.js';
import './nodes.css';

const DEFAULT_COLUMNS = COLUMNS.filter(({ isOptional }) => !isOptional).map(({ name }) => name);

/** The connected nodes of a chain, live. */
export function NodesPage(): JSX.Element {
  const [feed] = useState(() => new FeedClient());
  const [query, change] = useQueryState();
  const [chosen, toggleColumn] = useStored('nodes.columns', DEFAULT_COLUMNS);
  const [pins, togglePin] = useStored('nodes.pins', []);
  const [chains, reloadChains] = useChains();
  const columns = COLUMNS.filter((column) => column === NAME || chosen.has(column.name));
  const known = chains.value ?? [];
  // The server resolves the name in a URL, because this list may be older.
  const chain = query.get('chain') ?? known[0]?.network;
  const [nodes, reload] = useNodeStore(feed, chain, fieldsOf(columns));
  const choices = nodes.state === 'failed' ? choicesIn(nodes.error) : [];
  const [search, setSearch] = useSearch(query.get('q') ?? '', (q) => change({ q }));
  const order = {
    column: columns.find(({ name }) => name === query.get('sort')) ?? NAME,
    descending: query.get('order') === 'desc',
  };
  const sort = (column: Column): void => {
    const descending = column === order.column && !order.descending;
    change({ sort: column.name, order: descending ? 'desc' : undefined });
  };
  return (
    <Page title="Nodes" path="/dashboard/" feed={feed}>
      <form class="fields" onSubmit={(event) => event.preventDefault()}>
        <ChainChoice
          chains={known}
          value={chain === undefined ? undefined : (chainOf(chain, known)?.network ?? chain)}
          onChange={(chosen) => change({ chain: chosen })}
        />
        <label class="field wide">
          <span>Filter</span>
          <input
            type="search"
            placeholder="Name, peer id, implementation or version"
            spellcheck={false}
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <ColumnChoice chosen={chosen} onToggle={toggleColumn} />
      </form>
      {chain === undefined ? (
        <NoChain
          failed={chains.state === 'failed' ? chains.error : undefined}
          loading={chains.state === 'loading' && chains.value === undefined}
          retry={reloadChains}
        />
      ) : choices.length > 0 ? (
        <Choices name={chain} choices={choices} />
      ) : (
        <Shown of={nodes} what="nodes" retry={reload}>
          {(store) => (
            <>
              <NetworkSummary store={store} />
              <NodeTable
                {...{ store, columns, search, order, pins }}
                chain={labelOf(store.chainId, known)}
                onOrder={sort}
                onPin={togglePin}
              />
              <NoNodes store={store} />
              <p class="muted">The order of rows does not change while a row is hovered or focused.</p>
            </>
          )}
        </Shown>
      )}
    </Page>
  );
}

function choicesIn(error: Error): readonly ApiSchema<'ChainChoice'>[] {
  return error instanceof RequestFailedError ? error.chains : [];
}

function labelOf(chainId: string, chains: readonly Chain[]): string {
  const chain = chainOf(chainId, chains);
  return chain === undefined ? chainId : chainLabel(chain, chains);
}

/** Links to the chains of a name that several chains have. */
function Choices({
  name,
  choices,
}: {
  name: string;
  choices: readonly ApiSchema<'ChainChoice'>[];
}): JSX.Element {
  return (
    <Empty title={`Several chains are named ${name}. Choose one.`}>
      <ul class="choices">
        {choices.map(({ genesis_hash, node_count }) => (
          <li key={genesis_hash}>
            <a href={linkTo('/dashboard/', { chain: genesis_hash ?? `name:${name}` })}>
              {genesis_hash ?? 'No genesis hash'}
            </a>
            , {formatCount(node_count)} {node_count === 1 ? 'node' : 'nodes'}
          </li>
        ))}
      </ul>
    </Empty>
  );
}

/** The empty state of the table. */
function NoNodes({ store }: { store: NodeStore }): JSX.Element | null {
  const [empty, setEmpty] = useState(store.all().length === 0);
  useEffect(() => {
    const update = (): void => setEmpty(store.all().length === 0);
    update();
    return store.onChange(update);
  }, [store]);
  if (!empty) return null;
  return <Empty title="No connected nodes on this chain.">New nodes appear automatically.</Empty>;
}

interface NoChainProps {
  failed: Error | undefined;
  loading: boolean;
  retry: () => void;
}

function NoChain({ failed, loading, retry }: NoChainProps): JSX.Element {
  if (failed !== undefined) return <Failed error={failed} retry={retry} />;
  if (loading) return <Loading what="chains" />;
  return (
    <Empty title="No connected nodes.">
      <p>
        Start one with <code>--telemetry-url 'ws://{location.host} 5'</code>. It appears here automatically.
      </p>
    </Empty>
  );
}
