import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Access, storeToken, tokenHeaders } from './access.js';

const UNKNOWN = 'The server does not accept this token.';
/** What a header can hold. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
/** Asks for little, and takes a token that reads. */
const CHECKED_AT = '/stats/version';

/** Asks for a token, and keeps it once the server knows it. */
export function TokenForm({ access }: { access: Access }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const [checking, setChecking] = useState(false);
  const [objection, setObjection] = useState(access === 'refused' ? UNKNOWN : '');
  useEffect(() => input.current?.focus(), []);
  const check = async (): Promise<void> => {
    const typed = input.current?.value.trim() ?? '';
    setChecking(true);
    setObjection('');
    const wrong = await tokenError(typed);
    setChecking(false);
    if (wrong === '') {
      storeToken(typed);
      return;
    }
    setObjection(wrong);
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
        {/* Without a name, so that it cannot get into a URL. */}
        <label class="field wide">
          <span>Token</span>
          <input
            ref={input}
            type="password"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-invalid={objection !== ''}
            aria-describedby="token-objection"
          />
        </label>
        <button type="submit" disabled={checking}>
          Use the token
        </button>
      </div>
      <p id="token-objection" class="bad" role="alert">
        {objection}
      </p>
    </form>
  );
}

/** What is wrong with a token; '' where it is known. */
async function tokenError(token: string): Promise<string> {
  if (!TOKEN.test(token)) return UNKNOWN;
  try {
    const { status } = await fetch(CHECKED_AT, { headers: tokenHeaders(token) });
    return status === 401 ? UNKNOWN : '';
  } catch {
    return 'Cannot reach the server.';
  }
}
