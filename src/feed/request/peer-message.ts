/** Stands for every peer. */
export const ALL_PEERS = '*';

/** What is subscribed: the messages of one type, of one peer or of all. */
export interface PeerMessage {
  peer_id: string;
  msg: string;
}

/** Tells pairs apart. */
export function keyOf({ peer_id, msg }: PeerMessage): string {
  return JSON.stringify([peer_id, msg]);
}
