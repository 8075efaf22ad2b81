import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { runContract } from './contract.js';
import { FAULT_KINDS, type FaultKind } from './schedule/fault-kinds.js';
import { isKept, printVerdict } from './report.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    faults: { type: 'string', default: '40' },
    /** Kinds of faults, with commas between them; all unless given. */
    kinds: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    nodes: { type: 'string', default: '100' },
    rate: { type: 'string', default: '6000' },
    replicas: { type: 'string', default: '2' },
    /** `haproxy`, before two servers; none unless given. */
    proxy: { type: 'string' },
    'longest-ms': { type: 'string', default: '12000' },
    'limit-minutes': { type: 'string', default: '30' },
    'no-mount': { type: 'boolean', default: false },
    /** Another built server than that of `dist`. */
    dist: { type: 'string' },
    /** A checkout with another build in its `dist`, which works beside. */
    'other-build': { type: 'string' },
    'long-freeze-s': { type: 'string', default: '60' },
  },
});

function readKinds(text: string | undefined): FaultKind[] | undefined {
  return text?.split(',').map((name) => {
    const kind = FAULT_KINDS.find((known) => known === name.trim());
    if (kind === undefined)
      throw new Error(`There is no fault ${name}; there are: ${FAULT_KINDS.join(', ')}.`);
    return kind;
  });
}

function isProxied(name: string | undefined): boolean {
  if (name !== undefined && name !== 'haproxy') throw new Error(`There is no proxy ${name}, but haproxy.`);
  return name !== undefined;
}

const otherBuild = values['other-build'];
const print = (line: string): void => console.log(line);
print(
  `npm run test:delivery -- --messages ${values.messages} --faults ${values.faults} --seed ${values.seed}`,
);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
const verdict = await runContract(
  {
    seed: Number(values.seed),
    messages: Number(values.messages),
    faults: Number(values.faults),
    kinds: readKinds(values.kinds),
    nodes: Number(values.nodes),
    rate: Number(values.rate),
    replicas: Number(values.replicas),
    proxied: isProxied(values.proxy),
    longestMs: Number(values['longest-ms']),
    limitMs: Number(values['limit-minutes']) * 60_000,
    signal: interrupted.signal,
    mount: !values['no-mount'],
    main: values.dist === undefined ? undefined : resolve(values.dist, 'main.js'),
    otherMain: otherBuild === undefined ? undefined : resolve(otherBuild, 'dist/main.js'),
    longFreezeMs: Number(values['long-freeze-s']) * 1000,
  },
  print,
);
printVerdict(verdict, print);
process.exitCode = isKept(verdict) ? 0 : 1;
