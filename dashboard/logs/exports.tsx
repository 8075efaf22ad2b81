import type { JSX } from 'preact';
import { linkTo } from '../shared/url-state.js';
import { parametersOf, type Question } from './question.js';

const FORMATS = [
  ['ndjson', 'NDJSON'],
  ['csv', 'CSV'],
] as const;

/** All messages that answer the question, as files: the browser writes them to disk as they come. */
export function Exports({ question }: { question: Question }): JSX.Element {
  return (
    <p>
      Save all of them as{' '}
      {FORMATS.map(([format, label], at) => (
        <>
          {at > 0 && ' or '}
          <a
            key={format}
            href={linkTo('/nodes/logs', { ...parametersOf(question), format })}
            download={`${question.msg || 'messages'}-${question.peerId}.${format}`}
          >
            {label}
          </a>
        </>
      ))}
    </p>
  );
}
