import type { Random } from '../random/random.js';

/** The authorities that make and finalise blocks. With each change it has another id, one goes and one comes. */
export class AuthoritySet {
  private number = 0;
  private members: readonly string[];
  private readonly waiting: string[];

  /**
   * @param candidates addresses of all that may become authorities
   * @param activeShare the share of them that are authorities at one time
   */
  constructor(candidates: readonly string[], activeShare: number) {
    const active = Math.max(1, Math.ceil(candidates.length * activeShare));
    this.members = candidates.slice(0, active);
    this.waiting = candidates.slice(active);
  }

  get id(): number {
    return this.number;
  }

  get authorities(): readonly string[] {
    return this.members;
  }

  change(random: Random): void {
    this.number += 1;
    const next = this.waiting.shift();
    if (next === undefined) return;
    const leaving = random.pick(this.members);
    this.members = [...this.members.filter((member) => member !== leaving), next];
    this.waiting.push(leaving);
  }
}
