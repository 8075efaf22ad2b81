import type { JsonObject } from './exact-json.js';
import type { MessageType } from './message-types.js';

/** A message before it is wrapped. */
export interface Statement {
  readonly msg: MessageType;
  readonly fields: JsonObject;
}
