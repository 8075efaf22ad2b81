/** Frames of a message. Real nodes send one. */
export const MAX_FRAGMENTS = 64;

/**
 * Bytes that a chunk of a message has on average, at least. A message of 512 KiB comes in some 360 chunks over
 * Ethernet and in 980 over the smallest segments that TCP has to support, of 536 bytes. It may come in 2,048.
 */
const MIN_CHUNK_BYTES = 256;
const MIN_CHUNKS = 64;

/** What ws holds of a message that is not whole, beside its size: each piece costs more than the bytes in it. */
export function messageLimits(maxPayload: number): { maxFragments: number; maxBufferedChunks: number } {
  return {
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: Math.max(MIN_CHUNKS, Math.ceil(maxPayload / MIN_CHUNK_BYTES)),
  };
}

/** The code of the errors of ws where one of them is exceeded. */
export const TOO_MANY_PARTS = 'WS_ERR_TOO_MANY_BUFFERED_PARTS';
