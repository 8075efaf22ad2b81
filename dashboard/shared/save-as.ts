import { fetched } from './api.js';

/** Time after which the browser has read the blob. */
const REVOKE_AFTER_MS = 60_000;

/**
 * Downloads a response that needs a token. Unlike a link, it is loaded completely first.
 *
 * @throws RequestFailedError
 */
export async function saveAs(url: string, name: string): Promise<void> {
  const response = await fetched(url);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_AFTER_MS);
}
