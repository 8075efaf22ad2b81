import { readOptions } from '../support/read-options.js';
import { ATTACK_NAMES, type AttackName } from './all-attacks.js';
import { runAttacks } from './contract.js';
import { BOUNDS, broken, printVerdict } from './report.js';

function readNames(text: string | undefined): readonly AttackName[] {
  if (text === undefined) return ATTACK_NAMES;
  return text.split(',').map((given) => {
    const name = ATTACK_NAMES.find((known) => known === given.trim());
    if (name === undefined)
      throw new Error(`There is no attack ${given}; there are: ${ATTACK_NAMES.join(', ')}.`);
    return name;
  });
}

const { seconds, seed, only, main } = readOptions({ seconds: 120, seed: 1 }, ['only']);
const print = (line: string): void => console.log(line);
print(`npm run test:attacks -- --seconds ${seconds.toString()} --seed ${seed.toString()}`);
const verdict = await runAttacks({ attacks: readNames(only), seconds, seed, fresh: true, main }, print);
printVerdict(verdict, BOUNDS, print);
process.exitCode = broken(verdict, BOUNDS).length === 0 ? 0 : 1;
