import { Matches } from 'class-validator';
import { DATE, documented } from '../../platform/http/index.js';

/** The sort key of a message: a page continues after it. */
export interface MessageCursor {
  /** RFC 3339 with microseconds. */
  createdAt: string;
  id: string;
}

const CURSOR = new RegExp(`^(${DATE}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z)_([0-9]{1,18})$`);

/** The text of a cursor, as SQL. */
export function pageCursorSql(createdAtText: string): string {
  return `${createdAtText} || '_' || id`;
}

/** @param text validated by {@link MessageCursorParameter} */
export function parseMessageCursor(text: string): MessageCursor {
  const [, createdAt = '', id = ''] = CURSOR.exec(text) ?? [];
  return { createdAt, id };
}

export function MessageCursorParameter(): PropertyDecorator {
  return documented(
    {
      description:
        'Continues after a message: the `cursor` of the last message received. Keep the other parameters the same. ' +
        'Every message that was stored before the first request is returned exactly once.',
      example: '2026-01-02T03:04:05.678901Z_1234',
    },
    { type: 'string', pattern: CURSOR.source },
    Matches(CURSOR, { message: 'must be the cursor of a message' }),
  );
}
