import { plainToInstance, Transform } from 'class-transformer';
import { IsOptional, ValidateBy, validateSync } from 'class-validator';
import { documented, Integer, settingDocs } from '../../platform/config/index.js';
import { chainKeyIn } from '../../storage/index.js';
import { fileError, readJsonObject } from './json-file.js';
import { isVersion } from './versions.js';

const SETTING = 'INSIGHT_CHAINS_FILE';
const MAX_BYTES = 1024 * 1024;
const MAX_CHAINS = 1_000;

/** Blocks that are not final yet, at which voters slow down: twice the usual ones of a relay chain. */
const DEFAULT_FINALITY_LAG = 16;

/** What an operator knows of a chain. The names are those of the file. */
export class ChainSetting {
  @IsOptional()
  @Integer(100, 3_600_000)
  @documented.about('Length of a slot in milliseconds. Not set: the usual block time.')
  slot_ms?: number;

  @IsOptional()
  @Version()
  @documented.about('Lowest version that nodes should have. Numbers are compared, and not what follows them.')
  min_version?: string;

  @IsOptional()
  @Day()
  @documented.about('When nodes must have that version: an alert fires a week before. Not set: at once.')
  min_version_at?: Date;

  @Integer(2, 1_000_000)
  @documented.about(
    'Blocks that are not final yet: an alert fires if half of the nodes report more. Set it for a parachain, whose finality follows that of its relay chain.',
  )
  finality_lag = DEFAULT_FINALITY_LAG;
}

/** The settings of chains in `INSIGHT_CHAINS_FILE`. */
export class ChainSettings {
  private static readonly none = new ChainSetting();

  private constructor(private readonly chains: ReadonlyMap<string, ChainSetting>) {}

  /**
   * @param path of the file; undefined if there is none
   * @throws InvalidSettingsError with a line for each problem
   */
  static async read(path: string | undefined): Promise<ChainSettings> {
    if (path === undefined) return new ChainSettings(new Map());
    const entries = await readJsonObject(SETTING, path, MAX_BYTES);
    if (entries.size > MAX_CHAINS)
      throw fileError(SETTING, path, [`It has more than ${MAX_CHAINS.toString()} chains.`]);
    const problems: string[] = [];
    const chains = new Map<string, ChainSetting>();
    for (const [text, value] of entries) {
      const chain = chainKeyIn(text) ?? text;
      if (chains.has(chain)) problems.push(`${JSON.stringify(text)} is there twice.`);
      const { setting, wrong } = read(value);
      problems.push(...wrong.map((problem) => `In ${JSON.stringify(text)}, ${problem}`));
      chains.set(chain, setting);
    }
    if (problems.length > 0) throw fileError(SETTING, path, problems);
    return new ChainSettings(chains);
  }

  /**
   * The settings of a chain: those of its key, otherwise those of its name, otherwise the defaults.
   *
   * @param chain its key as in the table `chains`, and the name that most of its nodes report
   */
  of({ key, name }: { key: string; name: string | null }): ChainSetting {
    const byName = name === null ? undefined : this.chains.get(name);
    return this.chains.get(key) ?? byName ?? ChainSettings.none;
  }

  /** Whether a chain is in the file. */
  has(chain: { key: string; name: string | null }): boolean {
    return this.of(chain) !== ChainSettings.none;
  }
}

function read(value: unknown): { setting: ChainSetting; wrong: string[] } {
  const none = new ChainSetting();
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { setting: none, wrong: ['there must be an object.'] };
  const docs = settingDocs(ChainSetting);
  const unknown = Object.keys(value).filter((name) => !docs.has(name));
  const wrong = unknown.map(
    (name) => `${JSON.stringify(name)} is no setting. Use ${[...docs.keys()].join(', ')}.`,
  );
  const given = Object.fromEntries(Object.entries(value).filter(([name]) => docs.has(name)));
  const setting = plainToInstance(ChainSetting, given, { exposeDefaultValues: true });
  for (const { property } of validateSync(setting, { skipUndefinedProperties: true }))
    wrong.push(
      `${property} is ${JSON.stringify(given[property])}, but must be ${docs.get(property)?.expected ?? ''}.`,
    );
  if (setting.min_version_at !== undefined && setting.min_version === undefined)
    wrong.push('min_version_at is set, but min_version is not.');
  return { setting, wrong };
}

function Version(): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && isVersion(value);
  return (target, property) => {
    ValidateBy({ name: 'version', validator: { validate } })(target, property);
    documented('numbers with dots such as 1.17.0')(target, property);
  };
}

const DAY = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

function Day(): PropertyDecorator {
  const toDate = Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string' || !DAY.test(value)) return value;
    const date = new Date(value);
    // Dates that do not exist become others: 2026-02-30.
    const isReal =
      !Number.isNaN(date.getTime()) &&
      new Date(`${value.slice(0, 10)}T00:00Z`).toISOString().startsWith(value.slice(0, 10));
    return isReal ? date : value;
  });
  const validate = (value: unknown): boolean => value instanceof Date;
  return (target, property) => {
    toDate(target, property);
    ValidateBy({ name: 'day', validator: { validate } })(target, property);
    documented('a day such as 2026-12-15, or a time such as 2026-12-15T12:00Z')(target, property);
  };
}
