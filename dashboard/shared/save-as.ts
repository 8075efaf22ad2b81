import { fetched } from './api.js';

/** The browser takes what it saves soon after it was told to: milliseconds. */
const TAKEN_AFTER_MS = 60_000;

/**
 * Has the browser save an answer that needs a token. It is whole before that, unlike that of a link.
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
