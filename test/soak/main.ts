import { resolve } from 'node:path';
import { readOptions } from '../support/read-options.js';
import { tempDir } from '../support/temp-dir.js';
import { isSound, printSoak, writeFiles } from './report.js';
import { runSoak } from './soak.js';

const options = readOptions(
  {
    minutes: 20,
    nodes: 1000,
    /** Messages a second of each node. */
    rate: 2,
    seed: Math.floor(Math.random() * 1_000_000),
    subscribers: 20,
    /** A second, over HTTP. */
    requests: 4,
    /** Seconds from one fault to the next, at least; half as many more at most. */
    'fault-gap': 60,
  },
  ['out'],
);
const { minutes, nodes, rate, seed, subscribers, requests, 'fault-gap': gapS, out, main } = options;
const title = `npm run test:soak -- --minutes ${minutes} --nodes ${nodes} --rate ${rate} --subscribers ${subscribers} --requests ${requests} --fault-gap ${gapS} --seed ${seed}`;
console.log(title);
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
const result = await runSoak(
  {
    seed,
    lengthS: minutes * 60,
    nodes,
    rate: rate * nodes,
    leavesPerSecond: 1,
    subscribers,
    pace: { visitMs: [2_000, 30_000], pauseMs: [1_000, 90_000] },
    requestsPerSecond: requests,
    sampleMs: 5_000,
    faultGapMs: [gapS * 1000, gapS * 1500],
    longestMs: 12_000,
    main,
    signal: interrupted.signal,
  },
  (line) => console.log(line),
);
const { svg, csv } = await writeFiles(result, title, resolve(out ?? (await tempDir('soak'))));
console.log(`${svg}\n${csv}`);
printSoak(result, (line) => console.log(line));
process.exitCode = isSound(result) ? 0 : 1;
