import { Injectable } from '@nestjs/common';
import { type ExpiringRows, expiringRows } from './expiring-rows.js';
import type { PurgePart } from './purge-part.js';

/** Whatever expires, of the server and of a team. Modules register theirs when they are made. */
@Injectable()
export class PurgeRegistry {
  private readonly parts = new Map<string, PurgePart>();

  /** @throws where there is a part of that name */
  register(part: PurgePart): void {
    if (this.parts.has(part.name)) throw new Error(`Two purge parts are named ${part.name}.`);
    this.parts.set(part.name, part);
  }

  /** The same for a table whose rows expire one by one. */
  registerRows(rows: ExpiringRows): void {
    this.register(expiringRows(rows));
  }

  /**
   * All parts, each behind those that it comes after, and else as they were registered.
   *
   * @throws where a part comes after one that is not there, or after itself
   */
  inOrder(): PurgePart[] {
    const ordered = new Set<PurgePart>();
    const visit = (part: PurgePart, waiting: readonly string[]): void => {
      if (ordered.has(part)) return;
      if (waiting.includes(part.name)) {
        throw new Error(`Purge parts depend on each other: ${[...waiting, part.name].join(', ')}.`);
      }
      for (const name of part.after ?? []) {
        const before = this.parts.get(name);
        if (before === undefined) {
          throw new Error(`The purge part ${part.name} depends on ${name}, which is not registered.`);
        }
        visit(before, [...waiting, part.name]);
      }
      ordered.add(part);
    };
    for (const part of this.parts.values()) visit(part, []);
    return [...ordered];
  }
}
