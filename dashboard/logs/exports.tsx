import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { token } from '../shared/access.js';
import { saveAs } from '../shared/save-as.js';
import { Failed } from '../shared/states.js';
import { linkTo } from '../shared/url-state.js';
import { parametersOf, type LogQuery } from './log-query.js';

const FORMATS = [
  ['ndjson', 'NDJSON'],
  ['csv', 'CSV'],
] as const;

/**
 * Links that download all matching messages. With a token, which a link cannot send, the file is loaded completely
 * before it is saved.
 */
export function Exports({ logQuery }: { logQuery: LogQuery }): JSX.Element {
  const [saving, setSaving] = useState('');
  const [error, setError] = useState<Error>();
  const save = async (url: string, name: string): Promise<void> => {
    setSaving(name);
    setError(undefined);
    await saveAs(url, name).catch((cause: unknown) =>
      setError(cause instanceof Error ? cause : new Error(String(cause))),
    );
    setSaving('');
  };
  return (
    <>
      <p>
        Export all as{' '}
        {FORMATS.map(([format, label], at) => {
          const url = linkTo('/nodes/logs', { ...parametersOf(logQuery), format });
          const name = `${logQuery.msg || 'messages'}-${logQuery.peerId}.${format}`;
          return (
            <>
              {at > 0 && ' or '}
              <a
                key={format}
                href={url}
                download={name}
                onClick={(event) => {
                  if (token() === undefined) return;
                  event.preventDefault();
                  if (saving === '') void save(url, name);
                }}
              >
                {label}
              </a>
            </>
          );
        })}{' '}
        <span role="status">{saving !== '' && `Fetching ${saving}…`}</span>
      </p>
      {error && <Failed error={error} />}
    </>
  );
}
