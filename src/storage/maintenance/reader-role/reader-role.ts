import { OperatorError } from '../../../platform/errors/index.js';
import pg from 'pg';
import type { Settings } from '../../../platform/config/index.js';
import { hasSqlState, SqlState } from '../../schema/index.js';
import { withMigrationLock } from '../startup/migrate.js';
import {
  missingRights,
  roleState,
  type RoleState,
  schemaOfTables,
  storedVerifier,
} from './role-catalogue.js';
import { isVerifierOf, scramVerifier } from './scram-verifier.js';

/** The role of DB_READER_ROLE cannot be set up. The message says what an operator can do. */
export class ReaderRoleError extends OperatorError {
  override readonly name = 'ReaderRoleError';
}

/** Other sessions may hold locks. */
const LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s'";

/**
 * Creates the role of `DB_READER_ROLE` if it is missing, and adds missing privileges, settings and the password, in one
 * transaction. Existing settings and privileges of the role stay as they are. Replicas wait for each other.
 *
 * @returns a sentence about what was changed; undefined if nothing was changed, or no role is set
 * @throws ReaderRoleError if an operator must act
 */
export async function ensureReaderRole(
  url: string,
  settings: Pick<Settings, 'DB_READER_ROLE' | 'DB_READER_PASSWORD'>,
): Promise<string | undefined> {
  const { DB_READER_ROLE: name, DB_READER_PASSWORD: password } = settings;
  if (name === undefined) return undefined;
  const once = (): Promise<string | undefined> =>
    withMigrationLock(url, async (client) => {
      const role = await ReaderRole.named(client, name);
      const changed = await inTransaction(client, () => role.ensure(password));
      await role.mustRead();
      return changed;
    });
  try {
    return await once();
  } catch (error) {
    // Roles belong to the cluster, but the lock to one database: a server of another database was faster.
    if (hasSqlState(error, SqlState.DuplicateObject, SqlState.UniqueViolation)) return await once();
    throw error;
  }
}

async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(LIMITS);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const ATTRIBUTES =
  'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT 20';

/** A read-only role, set up within a transaction. */
class ReaderRole {
  private readonly identifier: string;

  private constructor(
    private readonly client: pg.Client,
    private readonly name: string,
    private readonly schema: string,
  ) {
    this.identifier = pg.escapeIdentifier(name);
  }

  static async named(client: pg.Client, name: string): Promise<ReaderRole> {
    return new ReaderRole(client, name, await schemaOfTables(client));
  }

  /**
   * Creates the role if it is missing, and adds what it lacks.
   *
   * @returns see ensureReaderRole
   * @throws ReaderRoleError
   */
  async ensure(password: string | undefined): Promise<string | undefined> {
    const before = await roleState(this.client, this.name, this.schema);
    if (before === undefined) await this.run(this.create);
    const role = before ?? (await roleState(this.client, this.name, this.schema));
    this.rejectUnsuitable(role);
    const done = {
      settings: await this.setSettings(role?.settings ?? []),
      privileges: await this.grantPrivileges(),
      password: password !== undefined && (await this.setPassword(password)),
    };
    if (before === undefined) return `Created the read-only role ${this.name}.`;
    const changed = Object.entries(done).flatMap(([what, isChanged]) => (isChanged ? [what] : []));
    return changed.length === 0
      ? undefined
      : `Updated the read-only role ${this.name}: ${changed.join(', ')}.`;
  }

  /**
   * GRANT only warns if the user has a privilege without the right to grant it.
   *
   * @throws ReaderRoleError with the statements that another user must run
   */
  async mustRead(): Promise<void> {
    const missing = await missingRights(this.client, this.name, this.schema);
    if (missing.length === 0) return;
    throw new ReaderRoleError(
      `The role "${this.name}" of DB_READER_ROLE lacks privileges that the user of DATABASE_URL cannot grant. ` +
        `Ask the owner of the database and of the schema to run: ${missing.join('; ')}`,
    );
  }

  private get create(): string {
    return `CREATE ROLE ${this.identifier} ${ATTRIBUTES}`;
  }

  /** In this database only: the role may be used in others too. */
  private get settings(): { name: string; statement: string }[] {
    const database = pg.escapeIdentifier(this.client.database ?? '');
    const values = {
      default_transaction_read_only: 'on',
      statement_timeout: "'30s'",
      idle_in_transaction_session_timeout: "'60s'",
      search_path: pg.escapeIdentifier(this.schema),
    };
    return Object.entries(values).map(([name, value]) => ({
      name,
      statement: `ALTER ROLE ${this.identifier} IN DATABASE ${database} SET ${name} = ${value}`,
    }));
  }

  private rejectUnsuitable(role: RoleState | undefined): void {
    if (role === undefined) {
      throw new ReaderRoleError(`The role "${this.name}" of DB_READER_ROLE was dropped meanwhile.`);
    }
    if (role.isOurs) {
      throw new ReaderRoleError(
        `DB_READER_ROLE is "${this.name}", the role of the server itself. Choose another role.`,
      );
    }
    if (role.beyondReading.length > 0) {
      throw new ReaderRoleError(
        `DB_READER_ROLE is "${this.name}", which has more than read privileges: ${role.beyondReading.join(', ')}. ` +
          'Revoke them from the role, from PUBLIC, or from the roles that it is a member of, or choose another role.',
      );
    }
  }

  private async setSettings(existing: readonly string[]): Promise<boolean> {
    const missing = this.settings.filter(({ name }) => !existing.includes(name));
    for (const { statement } of missing) await this.run(statement);
    return missing.length > 0;
  }

  private async grantPrivileges(): Promise<boolean> {
    const missing = await missingRights(this.client, this.name, this.schema);
    for (const statement of missing) await this.run(statement);
    return missing.length > 0;
  }

  /** If the user cannot read the verifier, the password is set each time, with another salt. */
  private async setPassword(password: string): Promise<boolean> {
    const verifier = await storedVerifier(this.client, this.name);
    if (typeof verifier === 'string' && isVerifierOf(verifier, password)) return false;
    await this.run(`ALTER ROLE ${this.identifier} PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`);
    return true;
  }

  /** @throws ReaderRoleError with the statements for an administrator, if the user lacks privileges */
  private async run(statement: string): Promise<void> {
    try {
      await this.client.query(statement);
    } catch (error) {
      if (!hasSqlState(error, SqlState.InsufficientPrivilege)) throw error;
      const statements = [
        ...(statement === this.create ? [statement] : []),
        ...this.settings.map((setting) => setting.statement),
      ];
      throw new ReaderRoleError(
        `The user of DATABASE_URL cannot create or alter the role "${this.name}" of DB_READER_ROLE: ` +
          `${(error as Error).message}. Grant that user CREATEROLE, and ADMIN OPTION on a role that another user ` +
          'created. Or ask an administrator to set the password and run the following statements, and leave ' +
          `DB_READER_PASSWORD unset: ${statements.join('; ')}`,
        { cause: error },
      );
    }
  }
}
