import { Ends } from '../../support/ends.js';
import { Fleet } from '../fleet/fleet.js';
import { type ProcessOptions, Replica, type ReplicaOptions } from '../servers/replica.js';
import type { Stage } from './stage.js';

const FIRST_NODE = 100_000;
const NODES = 10;
const RATE = 300;
const DELIVERY_MS = 120_000;

/**
 * Another server on the volume of a replica, with nodes of its own, while something happens. At last it stores what it
 * has and stops, and the ledger gets its books.
 *
 * @param first what holds for its first process
 */
export async function withNeighbour(
  stage: Stage,
  house: Replica,
  options: Pick<ReplicaOptions, 'databaseUrl' | 'environment' | 'main'>,
  first: ProcessOptions,
  work: (neighbour: Replica) => Promise<void>,
): Promise<void> {
  const visits = stage.visits.length;
  const index = stage.replicas.length + visits;
  await using ends = new Ends();
  const neighbour = ends.add(await Replica.start({ ...options, index, house, mount: false }, first));
  const fleet = ends.add(
    new Fleet({
      urls: [neighbour.ws],
      replicas: [index],
      seed: index,
      firstNode: FIRST_NODE + visits * NODES,
      nodes: NODES,
      rate: RATE,
      processes: 1,
    }),
  );
  await work(neighbour);
  const nodes = await fleet.stop();
  await neighbour.delivered(DELIVERY_MS);
  await neighbour.stopAfterAll();
  stage.visits.push({ replica: neighbour, nodes });
}
