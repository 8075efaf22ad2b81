import { setPriority } from 'node:os';
import { worker } from '../../bench/support/worker.js';
import { type AttackName, ATTACKS } from './all-attacks.js';
import type { Target } from './attack.js';

export interface AttackInput extends Target {
  name: AttackName;
}

// What is measured is the server, and not who gets the processors of this machine.
setPriority(10);

worker(({ name, ...target }: AttackInput) => ATTACKS[name](target));
// All of its sockets end with it.
process.once('disconnect', () => process.exit(0));
