/** Why a server did not see its nodes, in `observer_gaps`. */
export const GAP_CAUSES = ['down', 'paused', 'sockets_lost'] as const;

/** `down`: no process; `paused`: sockets were not read; `sockets_lost`: half of them or more ended at once. */
export type GapCause = (typeof GAP_CAUSES)[number];
