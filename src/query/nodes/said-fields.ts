import { FlagOf, ObjectOf, TextOf, WholeNumberOf } from '../../platform/http/index.js';
import { REPORTED_FIELDS, type ReportedKind } from '../../storage/index.js';

const FIELD_OF = {
  peerId: TextOf,
  text: TextOf,
  hash: TextOf,
  flag: FlagOf,
  time: WholeNumberOf,
  object: ObjectOf,
} as const satisfies Record<ReportedKind, unknown>;

/** Documents what a node has said of itself as fields of an answer. A node without a peer id is in no answer. */
export function SaidFields(answers: 'node' | 'connection'): ClassDecorator {
  return ({ prototype }) => {
    for (const field of REPORTED_FIELDS.filter((one) => one.responses === answers)) {
      const { column, kind, description } = field;
      const options = {
        ...(kind === 'peerId' ? {} : { nullable: true }),
        ...('example' in field ? { example: field.example } : {}),
      };
      FIELD_OF[kind](description, options)(prototype as object, column);
    }
  };
}
