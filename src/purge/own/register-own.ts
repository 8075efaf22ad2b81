import { REJECTED_KEPT_MS } from '../../storage/index.js';
import type { PurgeRegistry } from '../purge-registry.js';
import { batches } from './batches.part.js';
import { collectors } from './collectors.part.js';
import { connections } from './connections.part.js';
import { MessagesPart } from './messages.part.js';
import { chains, nodes } from './nodes.part.js';

/** Registers what expires of the server's own. */
export function registerOwn(registry: PurgeRegistry): void {
  registry.register(new MessagesPart());
  registry.registerRows(connections);
  registry.registerRows(batches);
  registry.registerRows({
    table: 'rejected_messages',
    key: ['id', 'collector'],
    orderBy: 'received_at',
    kept: REJECTED_KEPT_MS,
  });
  registry.register(collectors);
  registry.registerRows(nodes);
  registry.registerRows(chains);
}
