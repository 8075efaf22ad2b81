import 'reflect-metadata';
import { run } from './server/index.js';

process.exit(await run());
