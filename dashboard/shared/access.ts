/** Key of the token in the session storage of this tab. A token is never part of a URL. */
const KEY = 'api-token';

/** `required`: the server requires a token. `refused`: the server rejected the token. */
export type Access = 'granted' | 'required' | 'refused';

let current: Access = 'granted';
const listeners = new Set<(access: Access) => void>();

export function access(): Access {
  return current;
}

/** @returns a function that removes the listener */
export function onAccess(listener: (access: Access) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The stored token. */
export function token(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** The request headers for a token. */
export function tokenHeaders(sent = token()): Record<string, string> {
  return sent === undefined ? {} : { Authorization: `Bearer ${sent}` };
}

export function storeToken(accepted: string): void {
  sessionStorage.setItem(KEY, accepted);
  setAccess('granted');
}

export function removeToken(): void {
  sessionStorage.removeItem(KEY);
}

/** The server requires a token, or has rejected the current one. */
export function accessRefused(): void {
  if (current !== 'granted') return;
  const had = token() !== undefined;
  removeToken();
  setAccess(had ? 'refused' : 'required');
}

function setAccess(access: Access): void {
  current = access;
  for (const listener of listeners) listener(access);
}
