import { ipAddress, SubnetMap } from '../../platform/address/index.js';
import { fileError, readJsonObject } from './json-file.js';

const SETTING = 'LABELS_FILE';
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SUBNETS = 20_000;
/** Series by label have a line for each. */
const MAX_LABELS = 200;
const LABEL = /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]{0,62}[^\p{C}\p{Z}])?$/u;

/** The labels of addresses in `LABELS_FILE`, such as the data centres of nodes. */
export class AddressLabels {
  private constructor(private readonly map: SubnetMap<string>) {}

  /**
   * @param path of the file; undefined if there is none
   * @throws InvalidSettingsError with a line for each problem
   */
  static async read(path: string | undefined): Promise<AddressLabels> {
    if (path === undefined) return new AddressLabels(new SubnetMap<string>([]));
    const entries = [...(await readJsonObject(SETTING, path, MAX_BYTES))];
    if (entries.length > MAX_SUBNETS)
      throw fileError(SETTING, path, [`It has more than ${MAX_SUBNETS.toString()} subnets.`]);
    const wrong = entries.filter(([, label]) => typeof label !== 'string' || !LABEL.test(label));
    if (wrong.length > 0)
      throw fileError(
        SETTING,
        path,
        wrong
          .slice(0, 10)
          .map(
            ([subnet, label]) =>
              `The label of ${JSON.stringify(subnet)} is ${JSON.stringify(label)}, but must be 1 to 64 printable characters.`,
          ),
      );
    const labels = entries as [subnet: string, label: string][];
    if (new Set(labels.map(([, label]) => label)).size > MAX_LABELS)
      throw fileError(SETTING, path, [`It has more than ${MAX_LABELS.toString()} different labels.`]);
    try {
      return new AddressLabels(new SubnetMap(labels));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw fileError(SETTING, path, [error.message]);
    }
  }

  /**
   * The label of the smallest subnet that contains an address.
   *
   * @param address any text: what is no address has no label
   */
  of(address: string): string | null {
    return this.map.get(ipAddress(address) ?? '') ?? null;
  }
}
