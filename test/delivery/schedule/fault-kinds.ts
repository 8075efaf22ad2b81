/** What happens to PostgreSQL, or on the way to it. One of these at a time. */
export const DATABASE_FAULTS = [
  'postgres restarted',
  'postgres stopped',
  'postgres crashed',
  'postgres backend killed',
  'postgres frozen',
  'postgres sessions ended',
  'link cut within COPY',
  'link cut before COMMIT',
  'link cut after COMMIT',
  'link frozen',
] as const;

/** What happens to servers, their disks and the nodes' sockets. One of these at a time, beside those of the database. */
export const SERVER_FAULTS = [
  'server stopped',
  'server killed',
  'server frozen',
  'server clock set',
  'sockets reset',
  'journal disk full',
  'journal damaged',
  'journal truncated',
] as const;

export type DatabaseFault = (typeof DATABASE_FAULTS)[number];
export type ServerFault = (typeof SERVER_FAULTS)[number];
export type FaultKind = DatabaseFault | ServerFault;

export const FAULT_KINDS: readonly FaultKind[] = [...DATABASE_FAULTS, ...SERVER_FAULTS];
