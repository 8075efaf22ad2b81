import { TestServer } from './test-server.js';

// Before each file, of which those of a worker share what is loaded.
TestServer.beginFile();
