/** Sockets that are open, and a way to wait until none is. */
export class OpenSockets<Socket> extends Set<Socket> {
  private onEmpty: (() => void) | undefined;

  override delete(socket: Socket): boolean {
    const wasOpen = super.delete(socket);
    if (this.size === 0) this.onEmpty?.();
    return wasOpen;
  }

  /** Waits until no socket is left, or the time is over: milliseconds. */
  async empty(limitMs: number): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.onEmpty = undefined;
  }
}
