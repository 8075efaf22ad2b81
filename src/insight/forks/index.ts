export { type Branch, depthOf, type Fork, forksOf, type RivalBlock } from './fork-branches.js';
export { rivalBlocks, type RivalRow } from './rival-blocks.js';
