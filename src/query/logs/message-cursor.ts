import { ValidateBy } from 'class-validator';
import { documented, isDate } from '../../platform/http/index.js';

/** A place in the order of messages: after the one with this time and id. */
export interface MessageCursor {
  /** A text that PostgreSQL reads. */
  createdAt: string;
  id: string;
}

const CURSOR = /^((\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z)_(\d{1,18})$/;

/** How {@link parseMessageCursor} is written in SQL. */
export function cursorSql(createdAtText: string): string {
  return `${createdAtText} || '_' || id`;
}

/** @param text as checked by MessageCursorParameter */
export function parseMessageCursor(text: string): MessageCursor {
  const [, createdAt = '', , id = ''] = CURSOR.exec(text) ?? [];
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
    { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z_\\d{1,18}$' },
    ValidateBy(
      { name: 'isMessageCursor', validator: { validate: isMessageCursor } },
      { message: 'must be the cursor of a message' },
    ),
  );
}

function isMessageCursor(value: unknown): boolean {
  const date = typeof value === 'string' ? CURSOR.exec(value)?.[2] : undefined;
  return date !== undefined && isDate(date);
}
