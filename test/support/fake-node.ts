export * from '../../src/testing/fake-node.js';
