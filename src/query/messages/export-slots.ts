import { Injectable, ServiceUnavailableException } from '@nestjs/common';

/** Each holds one of the readers' eight connections for as long as it takes; the others are for short questions. */
const MOST_EXPORTS = 4;

/** Bounds how many answers without a bound of their own are read at once. */
@Injectable()
export class ExportSlots {
  private taken = 0;

  /** @throws ServiceUnavailableException where all are taken */
  async run(exporting: () => Promise<void>): Promise<void> {
    if (this.taken === MOST_EXPORTS) {
      throw new ServiceUnavailableException(
        `${MOST_EXPORTS.toString()} exports are running, which is all that may. Try again when one has ended.`,
      );
    }
    this.taken += 1;
    try {
      await exporting();
    } finally {
      this.taken -= 1;
    }
  }
}
