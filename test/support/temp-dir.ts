export * from '../../src/testing/temp-dir.js';
