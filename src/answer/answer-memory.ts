import type { AnswerLimits } from './answer-limits.js';

/** An account of the bytes of answers that are held for clients, in all and by address. */
export class AnswerMemory {
  private bytes = 0;
  private readonly bytesOf = new Map<string, number>();

  constructor(private readonly limits: Pick<AnswerLimits, 'bufferedBytes' | 'bufferedBytesOfAddress'>) {}

  get size(): number {
    return this.bytes;
  }

  /** @returns whether there is room; what was added is to be removed */
  add(address: string, bytes: number): boolean {
    const ofAddress = (this.bytesOf.get(address) ?? 0) + bytes;
    const { bufferedBytes, bufferedBytesOfAddress } = this.limits;
    if (this.bytes + bytes > bufferedBytes || ofAddress > bufferedBytesOfAddress) return false;
    this.bytes += bytes;
    this.bytesOf.set(address, ofAddress);
    return true;
  }

  remove(address: string, bytes: number): void {
    this.bytes -= bytes;
    const left = (this.bytesOf.get(address) ?? 0) - bytes;
    if (left > 0) this.bytesOf.set(address, left);
    else this.bytesOf.delete(address);
  }
}
