import type { NodeIdentity } from '../../storage/index.js';
import { bytesOf } from '../connection/node-connection.js';

/** What an entry takes without its texts. */
const ENTRY_BYTES = 256;

/** Greetings by id of the envelope, and the memory that they take. */
export class KeptGreetings {
  private readonly byId = new Map<number | null, { said: NodeIdentity; bytes: number }>();
  /** Approximate memory in use, in bytes. */
  bytes = 0;

  get size(): number {
    return this.byId.size;
  }

  has(envelopeId: number | null): boolean {
    return this.byId.has(envelopeId);
  }

  get(envelopeId: number | null): NodeIdentity | undefined {
    return this.byId.get(envelopeId)?.said;
  }

  /** It is the latest then, whether there was one or not. */
  set(envelopeId: number | null, said: NodeIdentity): void {
    this.delete(envelopeId);
    const bytes = ENTRY_BYTES + bytesOf(said);
    this.byId.set(envelopeId, { said, bytes });
    this.bytes += bytes;
  }

  delete(envelopeId: number | null): void {
    this.bytes -= this.byId.get(envelopeId)?.bytes ?? 0;
    this.byId.delete(envelopeId);
  }

  deleteOldest(): void {
    const [oldest] = this.byId.keys();
    this.delete(oldest ?? null);
  }
}
