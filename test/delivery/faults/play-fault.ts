import type { Fault } from '../schedule/draw-schedule.js';
import { DATABASE_PLAYS } from './database-faults.js';
import { SERVER_PLAYS } from './server-faults.js';
import type { Stage } from './stage.js';

/** Plays a fault, and returns when it is over. A fault of the database holds the turn. */
export async function playFault(stage: Stage, fault: Fault): Promise<void> {
  const { kind } = fault;
  if (kind in DATABASE_PLAYS) {
    await DATABASE_PLAYS[kind as keyof typeof DATABASE_PLAYS](stage, fault);
    return;
  }
  const replica = stage.replicas[fault.replica];
  if (replica === undefined) throw new Error(`There is no server ${fault.replica}.`);
  await SERVER_PLAYS[kind as keyof typeof SERVER_PLAYS](stage, replica, fault);
}
