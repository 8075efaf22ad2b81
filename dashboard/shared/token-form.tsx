import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Access, storeToken, tokenHeaders } from './access.js';

const NOT_ACCEPTED = 'The server does not accept this token.';
/** The syntax of RFC 6750. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** A cheap endpoint that accepts any valid token. */
const CHECK_PATH = '/stats/version';

/** Asks for a token, and stores it if the server accepts it. */
export function TokenForm({ access }: { access: Access }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [checking, setChecking] = useState(false);
  const [error, setError] = useState(access === 'refused' ? NOT_ACCEPTED : '');
  useEffect(() => input.current?.focus(), []);
  const check = async (): Promise<void> => {
    const typed = input.current?.value.trim() ?? '';
    setChecking(true);
    setError('');
    const message = await tokenError(typed);
    setChecking(false);
    if (message === '') {
      storeToken(typed);
      return;
    }
    setError(message);
    input.current?.select();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void check();
      }}
    >
      <p>
        This server requires a token. Ask its operator for one. The token is stored in this tab until you
        close the tab or remove the token.
      </p>
      <div class="fields">
        {/* Without a name, so that it is never part of a URL. */}
        <label class="field wide">
          <span>Token</span>
          <input
            ref={input}
            type="password"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-invalid={error !== ''}
            aria-describedby="token-error"
          />
        </label>
        <button type="submit" disabled={checking}>
          Use the token
        </button>
      </div>
      <p id="token-error" class="bad" role="alert">
        {error}
      </p>
    </form>
  );
}

/** The error of a token; '' if the server accepts it. */
async function tokenError(token: string): Promise<string> {
  if (!TOKEN.test(token)) return NOT_ACCEPTED;
  try {
    const { status } = await fetch(CHECK_PATH, { headers: tokenHeaders(token) });
    return status === 401 ? NOT_ACCEPTED : '';
  } catch {
    return 'Cannot reach the server.';
  }
}
