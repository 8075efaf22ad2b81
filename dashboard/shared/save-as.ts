import { fetched } from './api.js';

/** The browser reads the file soon after the click: milliseconds. */
const TAKEN_AFTER_MS = 60_000;

/**
 * Downloads a response that needs a token. Unlike a link, it is loaded completely first.
 *
 * @throws RequestFailedError
 */
export async function saveAs(url: string, name: string): Promise<void> {
  const answer = await fetched(url);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), TAKEN_AFTER_MS);
}
