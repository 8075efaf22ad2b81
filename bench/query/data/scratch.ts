/** The schema of what the database is filled from; dropped when it is full. */
export const SCRATCH = 'bench_query_scratch';
