/** The token of this tab, until it is closed. It is never in a URL. */
const KEY = 'api-token';

/** `asked`: the server takes nothing without a token. `refused`: nor does it know the one that it was shown. */
export type Access = 'granted' | 'asked' | 'refused';

let current: Access = 'granted';
const listeners = new Set<(access: Access) => void>();

export function access(): Access {
  return current;
}

/** @returns stops listening */
export function onAccess(listener: (access: Access) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What to show to the server, if anything. */
export function token(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** The headers that go with it. */
export function tokenHeaders(shown = token()): Record<string, string> {
  return shown === undefined ? {} : { Authorization: `Bearer ${shown}` };
}

export function storeToken(known: string): void {
  sessionStorage.setItem(KEY, known);
  become('granted');
}

export function removeToken(): void {
  sessionStorage.removeItem(KEY);
}

/** The server requires a token, or has rejected the current one. */
export function accessRefused(): void {
  if (current !== 'granted') return;
  const had = token() !== undefined;
  removeToken();
  become(had ? 'refused' : 'asked');
}

function become(access: Access): void {
  current = access;
  for (const listener of listeners) listener(access);
}
