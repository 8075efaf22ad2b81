import 'reflect-metadata';
import { run } from 'tetcore-analytics';
import { forkWatch } from './fork-watch.js';

process.exit(await run(forkWatch));
