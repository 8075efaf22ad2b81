export * from '../../src/testing/on-database.js';
