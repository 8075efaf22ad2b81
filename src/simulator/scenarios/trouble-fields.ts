import { SOFTWARE_NAMES } from '../nodes/software.js';
import { episode, minutes, share } from './chain-fields.js';
import { integer, list, number, object, oneOf, optional, range, required, text } from './scenario-fields.js';

const often = number(0.1, 10_000_000);
const downSeconds = range(number(0.5, 86_400));

/** What goes wrong in a network, and what operators do to it. */
export const troubles = {
  lagging: optional(
    object({
      /** The share of nodes that begin behind the others. */
      atStart: optional(share, 0),
      /** The share of nodes that fall behind again and again. */
      share: optional(share, 0),
      everyMinutes: optional(number(0.1, 10_000_000), 60),
      blocks: optional(range(integer(1, 100_000)), [5, 40]),
    }),
    {},
  ),
  reconnecting: optional(
    object({
      /** The share of sockets that are lost again and again, how often, and how long until they are back. */
      share: optional(share, 0),
      everyMinutes: optional(number(0.1, 10_000_000), 60),
      awaySeconds: optional(range(number(0.1, 10_000_000)), [5, 60]),
      /** The share of those times at which the process starts anew. */
      restarts: optional(share, 0.2),
    }),
    {},
  ),
  /** When the collector is lost, and for how long: no socket is open then. */
  outages: optional(list(episode, 0, 100), []),
  wrongClocks: optional(
    object({
      /** The share of machines whose clock is ahead or behind by more than 300 ms, and by how much. */
      share: optional(share, 0),
      seconds: optional(range(number(0.3, 315_360_000)), [2, 94_608_000]),
    }),
    {},
  ),
  /** Clocks that are not wrong by seconds. */
  clocks: optional(
    object({
      /** The usual offset at most, either way. */
      usualMs: optional(integer(0, 60_000), 300),
      /** The share of machines whose offset is another one, and its size, either way. */
      skewed: optional(
        object({ share: optional(share, 0), ms: optional(range(integer(0, 600_000)), [20, 400]) }),
        {},
      ),
      /** When clocks jump: the share of machines, and by how much. */
      steps: optional(
        list(
          object({
            afterMinutes: required(minutes),
            share: optional(share, 0.05),
            ms: required(integer(-86_400_000, 86_400_000)),
          }),
          0,
          100,
        ),
        [],
      ),
    }),
    {},
  ),
  stuck: optional(
    object({
      /** The share of nodes to which no blocks come again and again, how often, and for how long. */
      share: optional(share, 0),
      everyMinutes: optional(often, 180),
      minutes: optional(range(number(0.1, 1_440)), [2, 15]),
    }),
    {},
  ),
  trailing: optional(
    object({
      /** The share of nodes that follow their chain some blocks behind again and again, how often, and for how long. */
      share: optional(share, 0),
      everyMinutes: optional(often, 180),
      minutes: optional(range(number(0.1, 1_440)), [5, 30]),
      blocks: optional(range(integer(1, 60)), [5, 9]),
    }),
    {},
  ),
  restarting: optional(
    object({
      /** The share of processes that are restarted again and again, how often, and how long they are down. */
      share: optional(share, 0),
      everyMinutes: optional(often, 240),
      downSeconds: optional(downSeconds, [5, 60]),
    }),
    {},
  ),
  crashLoops: optional(
    object({
      /** The share of processes that crash several times within some minutes, and how often that happens. */
      share: optional(share, 0),
      everyMinutes: optional(often, 360),
      crashes: optional(range(integer(1, 100)), [3, 5]),
      withinMinutes: optional(number(1, 1_440), 15),
      downSeconds: optional(downSeconds, [3, 20]),
    }),
    {},
  ),
  /** New versions, for which processes restart. */
  rollouts: optional(
    list(
      object({
        version: required(text(100)),
        software: optional(oneOf('all', ...SOFTWARE_NAMES), 'all'),
        afterMinutes: required(minutes),
        /** 0: all at once; else few at first, most in the middle, few at last. */
        overMinutes: optional(minutes, 0),
        /** The share of processes that get it; the others never do. */
        share: optional(share, 1),
        downSeconds: optional(downSeconds, [5, 60]),
      }),
      0,
      100,
    ),
    [],
  ),
  slowHardware: optional(
    object({
      /** The share of machines below reference, and their speed: a factor of scores, and a divisor of their delays. */
      share: optional(share, 0),
      speed: optional(range(number(0.01, 1)), [0.2, 0.5]),
    }),
    {},
  ),
};
