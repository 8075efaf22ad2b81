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

/** What an operator does to the database, so that what it held is gone. Never beside those above. */
export const OPERATOR_FAULTS = ['database recreated', 'postgres restored'] as const;

/** What happens to servers, their disks and the nodes' sockets. One of these at a time, beside those of the database. */
export const SERVER_FAULTS = [
  'server stopped',
  'server killed',
  'server frozen',
  'server frozen for long',
  'machine killed',
  'sockets reset',
  'journal disk full',
  'journal damaged',
  'journal truncated',
  'journal removed',
  'journal of an older server',
  'second server on the volume',
  'other build on the volume',
  'clocks a minute apart',
  'clock stepped by hours',
  'clock stepped by months',
  'clock from 2019',
] as const;

export type DatabaseFault = (typeof DATABASE_FAULTS | typeof OPERATOR_FAULTS)[number];
export type ServerFault = (typeof SERVER_FAULTS)[number];
export type FaultKind = DatabaseFault | ServerFault;

export const FAULT_KINDS: readonly FaultKind[] = [...DATABASE_FAULTS, ...OPERATOR_FAULTS, ...SERVER_FAULTS];
