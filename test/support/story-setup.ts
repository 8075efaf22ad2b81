import { runningServers } from '../../src/testing/running-servers.js';

// Before each file, of which those of a worker share what is loaded: what a story of another file has left running does
// not count.
runningServers.count = 0;
