import type { Attack } from './attack.js';
import * as connections from './attacks/connections.js';
import * as frames from './attacks/frames.js';
import * as identities from './attacks/identities.js';
import * as readers from './attacks/readers.js';

/** All attacks, by name, in the order in which they are made. */
export const ATTACKS = {
  'slow frames': frames.slowFrames,
  'unfinished frames': frames.unfinishedFrames,
  fragments: frames.fragments,
  'pinned identities': frames.pinnedIdentities,
  ghosts: identities.ghosts,
  'spoofed ids': identities.spoofedIds,
  'changing ids': identities.changingIds,
  'clients that do not read': readers.clientsThatDoNotRead,
  'wide queries': readers.wideQueries,
  'feed churn': readers.feedChurn,
  'slow headers': connections.slowHeaders,
  'large headers': connections.largeHeaders,
  'dripping bodies': connections.drippingBodies,
  handshakes: connections.handshakes,
  'idle sockets': connections.idleSockets,
  'too many files': connections.tooManyFiles,
} satisfies Record<string, Attack>;

export type AttackName = keyof typeof ATTACKS;

export const ATTACK_NAMES = Object.keys(ATTACKS) as AttackName[];

/** Files that the server may have open during an attack; as many as we may where none is given. */
export const FILES: Partial<Record<AttackName, number>> = { 'too many files': 1_000 };

/** The shortest time of an attack: it takes this long to fill the memory for responses on a busy machine. */
export const MIN_SECONDS: Partial<Record<AttackName, number>> = { 'clients that do not read': 12 };
