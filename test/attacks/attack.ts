/** What an attacker knows of the server. */
export interface Target {
  port: number;
  /** How long the attack goes on: seconds. */
  seconds: number;
  /** Peer ids of nodes that behave. */
  victims: readonly string[];
  /** Peer ids of nodes whose messages are much to send. */
  large: readonly string[];
}

/** Attacks for as long as it is told to. @returns what it did, by number */
export type Attack = (target: Target) => Promise<Record<string, number>>;

/** A local address of attackers; nodes that behave have others, and some have these. */
export function attackerAddress(index: number): string {
  return `127.2.${Math.floor(index / 100).toString()}.${(1 + (index % 100)).toString()}`;
}
