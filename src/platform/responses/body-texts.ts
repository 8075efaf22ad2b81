import type { RowFormat } from './row-format.js';

/** Characters that are gathered before they are written. */
const TEXT_LENGTH = 16_384;

/**
 * The body of an answer, cut into texts of about 16 KiB. It begins once the first row is here, or where there is none.
 *
 * @param isHead one row tells whether there is an answer, and nothing of it is wanted
 */
export async function* bodyTexts(
  rows: AsyncIterable<string>,
  format: RowFormat,
  isHead: boolean,
): AsyncGenerator<string, void, undefined> {
  let text = format.head;
  let count = 0;
  for await (const row of rows) {
    if (isHead) return;
    text += count === 0 ? row : format.separator + row;
    count += 1;
    if (text.length < TEXT_LENGTH) continue;
    yield text;
    text = '';
  }
  if (!isHead) yield text + format.tail(count);
}
