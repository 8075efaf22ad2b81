import type { WorldObserver } from '../world/observer.js';
import { TruthFile } from './truth-file.js';
import { type TruthKind, TruthLog } from './truth-log.js';

/** Where to write what really happens. */
export interface TruthOptions {
  readonly file: string;
  /** Default: all. */
  readonly kinds: readonly TruthKind[] | undefined;
}

interface Truth {
  /** For the options of a network. */
  readonly observed: { observer?: WorldObserver };
  /** Writes the rest. @throws TruthFileError */
  end(): void;
}

/**
 * Opens the file of truth, if one is wanted.
 *
 * @param endAt end of simulated time, exclusive: milliseconds since the epoch; `undefined`: none
 * @throws TruthFileError
 */
export function openTruth(options: TruthOptions | undefined, endAt: number | undefined): Truth {
  if (options === undefined) return { observed: {}, end: () => undefined };
  const file = TruthFile.open(options.file);
  const log = new TruthLog({ write: (line) => file.write(line), endAt, kinds: options.kinds });
  return {
    observed: { observer: log },
    end: () => {
      log.end();
      file.close();
    },
  };
}
