/** Two tokens, and how to show one. */
export const READ_TOKEN = 'reads-0123456789abcdef';
export const WRITE_TOKEN = 'writes-0123456789abcdef';
export const WITH_TOKENS = { API_TOKENS: `read:${READ_TOKEN},write:${WRITE_TOKEN}` };

export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}
