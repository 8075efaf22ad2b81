/** Rows, as texts. They come in pieces, since a step of an iterator takes longer than a row. */
export type RowPieces = AsyncIterable<readonly string[]>;
