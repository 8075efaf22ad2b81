import { addressGroup } from '../../platform/address/index.js';
import type { FeedLimits } from '../feed-limits.js';

/**
 * Sockets whose clients have yet to show their token, bounded in all and by address. Where there is no room for one
 * more, the one that came first makes room: a client that has a token shows it at once, and who waits is a stranger.
 * To refuse whoever comes would let a hundred strangers keep everybody out.
 */
export class WaitingSockets<Socket> {
  /** The address of each, IPv6 by its network, in the order in which they came. */
  private readonly addresses = new Map<Socket, string>();

  constructor(private readonly limits: Pick<FeedLimits, 'waitingSockets' | 'waitingSocketsOfAddress'>) {}

  get size(): number {
    return this.addresses.size;
  }

  /** @returns one that has to make room, which is no longer among them */
  add(socket: Socket, address: string): Socket | undefined {
    const group = addressGroup(address);
    const inTheWay = this.inTheWayOf(group);
    if (inTheWay !== undefined) this.addresses.delete(inTheWay);
    this.addresses.set(socket, group);
    return inTheWay;
  }

  /** @returns whether it was among them */
  delete(socket: Socket): boolean {
    return this.addresses.delete(socket);
  }

  private inTheWayOf(group: string): Socket | undefined {
    const { waitingSockets, waitingSocketsOfAddress } = this.limits;
    const waiting = [...this.addresses];
    const neighbours = waiting.filter(([, address]) => address === group);
    if (neighbours.length >= waitingSocketsOfAddress) return neighbours[0]?.[0];
    return waiting.length >= waitingSockets ? waiting[0]?.[0] : undefined;
  }
}
