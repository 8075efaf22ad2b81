import type { JSX } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { type ApiSchema, responseData, api } from './api.js';
import { DraftInput } from './draft-input.js';
import { shortHash } from './format.js';
import { useLoaded } from './loaded.js';

/** Maximum number of suggestions. Other peer ids can be typed. */
const MAX_SUGGESTIONS = 1000;

interface NodePickerProps {
  /** A peer id, or '' for none. */
  value: string;
  onChange: (peerId: string) => void;
  label?: string;
}

/** Selects a node by name or peer id, with suggestions. */
export function NodePicker({ value, onChange, label = 'Node' }: NodePickerProps): JSX.Element {
  const id = useId();
  const [nodes] = useLoaded(
    (signal) => responseData(api.GET('/nodes', { params: { query: { limit: MAX_SUGGESTIONS } }, signal })),
    [],
  );
  const known = onePerPeer(nodes.value ?? []);
  // The name of a node may have been typed before the suggestions were loaded.
  useEffect(() => {
    const peerId = peerIdOf(value, known);
    if (peerId !== value) onChange(peerId);
  }, [nodes.value]);
  return (
    <label class="field wide" for={id}>
      <span>{label}</span>
      <DraftInput
        id={id}
        type="search"
        list={`${id}-nodes`}
        placeholder="Name or peer id"
        value={value}
        onChange={(typed) => onChange(peerIdOf(typed, known))}
      />
      <datalist id={`${id}-nodes`}>
        {known.map((node) => (
          <option key={node.peer_id} value={node.peer_id} label={nodeName(node)} />
        ))}
      </datalist>
    </label>
  );
}

/** A peer id may be on several chains. */
function onePerPeer(nodes: readonly ApiSchema<'Node'>[]): ApiSchema<'Node'>[] {
  return nodes.filter(({ peer_id }, at) => nodes[at - 1]?.peer_id !== peer_id);
}

/** Name and chain of a node; its peer id if it has no name. */
export function nodeName({
  name,
  chain,
  peer_id,
}: Pick<ApiSchema<'Node'>, 'name' | 'chain' | 'peer_id'>): string {
  return [name ?? shortHash(peer_id), chain].filter((part) => part !== null && part !== '').join(', ');
}

/** The peer id of the only node with the typed name; otherwise the typed text. */
function peerIdOf(typed: string, nodes: readonly ApiSchema<'Node'>[]): string {
  if (nodes.some(({ peer_id }) => peer_id === typed)) return typed;
  const named = nodes.filter(({ name }) => name === typed);
  return named.length === 1 ? (named[0]?.peer_id ?? typed) : typed;
}
