import type { ComponentChildren, JSX } from 'preact';
import type { Loaded } from './loaded.js';

/** @param what is loaded, as the end of "Loading …" */
export function Loading({ what }: { what: string }): JSX.Element {
  return (
    <p class="state" role="status">
      Loading {what}…
    </p>
  );
}

/** An empty state with a title and hints. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="state">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

/** An error with a retry button. */
export function Failed({ error, retry }: { error: Error; retry?: () => void }): JSX.Element {
  return (
    <div class="state failed" role="alert">
      <p>
        <strong>{isNetworkError(error) ? 'Cannot reach the server.' : error.message}</strong>
      </p>
      {isNetworkError(error) && <p>Check that the server is running and that you are online.</p>}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** `fetch` rejects with a TypeError if there was no response. */
function isNetworkError(error: Error): boolean {
  return error instanceof TypeError;
}

interface ShownProps<T> {
  of: Loaded<T>;
  /** What is loaded, as the end of "Loading …". */
  what: string;
  retry?: () => void;
  children: (value: T) => ComponentChildren;
}

/** Loaded data, or its loading or error state. During a reload the previous data stays visible. */
export function Shown<T>({ of, what, retry, children }: ShownProps<T>): JSX.Element {
  const failed = of.state === 'failed' && <Failed error={of.error} {...(retry && { retry })} />;
  if (of.value === undefined) return failed || <Loading what={what} />;
  return (
    <div aria-busy={of.state === 'loading'}>
      {failed}
      {children(of.value)}
    </div>
  );
}
