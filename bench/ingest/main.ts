import { BenchPostgres } from '../support/bench-postgres.js';
import type { Build } from './build.js';
import { measureCeilings } from './ceilings.js';
import { comparePairs, measureAlone } from './compare.js';
import { type Figures, floodRound, steadyRound } from './rounds.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    sockets: { type: 'string', default: '50' },
    against: { type: 'string' },
    pairs: { type: 'string', default: '10' },
    flood: { type: 'string' },
  },
});
const { against, flood } = options;
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const sockets = Number(options.sockets);

const round = (build: Build): Promise<Figures> =>
  flood === undefined ? steadyRound(build, sockets, seconds) : floodRound(build, sockets, Number(flood));

await using postgres = await BenchPostgres.start();
if (against !== undefined) await comparePairs(postgres, against, round, Number(options.pairs));
else if (flood !== undefined) await measureAlone(postgres, round, rounds);
else await measureCeilings(postgres, { rounds, seconds, sockets });
