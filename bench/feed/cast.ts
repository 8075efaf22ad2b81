/** The type of the messages that are sent. */
export const MESSAGE = 'bench.feed';

/** The nodes that send them, as subscribers know them. */
export const peerName = (index: number): string => `QmFeed${index.toString()}`;
