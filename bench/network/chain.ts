export const GENESIS_HASH = `0x${'91'.repeat(32)}`;
/** Each of the benchmark's nodes says so much before it falls silent. */
export const MESSAGES_OF_NODE = 7;
