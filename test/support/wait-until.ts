export * from '../../src/testing/wait-until.js';
