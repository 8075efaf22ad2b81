/** Learns when nodes are not heard: of pauses, and of sockets that come and go. Called for each socket, never for a message. */
export abstract class SocketWatch {
  /** From now on no socket is read, or each is again. */
  abstract paused(paused: boolean): void;

  abstract opened(): void;

  /**
   * @param openMs how long it was open
   * @param ipAddr of the node
   */
  abstract ended(openMs: number, ipAddr: string): void;
}
