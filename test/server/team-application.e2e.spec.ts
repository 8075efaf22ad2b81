import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { InjectDataSource, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Extensions } from '../../src/index.js';
import { FakeNode, RecordingSink, startTestServer, type TestServer } from '../../src/testing/index.js';
import { TestDatabase } from '../support/databases.js';
import { waitUntil } from '../support/wait-until.js';

@Entity('notes')
class Note {
  @PrimaryColumn('text')
  @ApiProperty()
  name!: string;

  @Column('text')
  @ApiProperty()
  text!: string;
}

const DATABASE = 'SELECT current_database() AS name';

/** Uses the server's database, and one of its own. */
@Injectable()
class Notes {
  constructor(
    @InjectRepository(Note, 'team') readonly own: Repository<Note>,
    @InjectDataSource('team') readonly ownSource: DataSource,
    readonly servers: DataSource,
  ) {}

  async databases(): Promise<(string | undefined)[]> {
    const sources = [this.servers, this.ownSource];
    const rows = await Promise.all(sources.map((source) => source.query<{ name: string }[]>(DATABASE)));
    return rows.map(([row]) => row?.name);
  }
}

@ApiTags('Notes')
@Controller('notes')
class NotesController {
  constructor(private readonly notes: Notes) {}

  @Get()
  @ApiOperation({ operationId: 'listNotes', summary: 'Notes of the team' })
  @ApiOkResponse({ type: [Note] })
  async list(): Promise<Note[]> {
    return await this.notes.own.find();
  }
}

@Module({ controllers: [NotesController], providers: [Notes] })
class NotesModule {}

const extensionsWith = (url: string): Extensions => ({
  imports: [
    {
      module: NotesModule,
      imports: [
        TypeOrmModule.forRoot({ name: 'team', type: 'postgres', url, entities: [Note], synchronize: true }),
        TypeOrmModule.forFeature([Note], 'team'),
      ],
    },
  ],
  delivery: { sinks: [RecordingSink] },
  openapi: (builder) =>
    builder
      .setTitle('Telemetry of Example')
      .setVersion('7.1.0')
      .addServer('https://telemetry.example.org', 'Production')
      .addTag('Notes', 'Notes of the team.')
      .addOAuth2({ type: 'oauth2', flows: {} }, 'login')
      .addSecurityRequirements('login', ['read']),
});

describe('a server with the modules of a team', () => {
  let server: TestServer;
  let database: TestDatabase;
  let own: TestDatabase;

  beforeAll(async () => {
    [database, own] = await Promise.all([TestDatabase.create(), TestDatabase.create()]);
    server = await startTestServer({
      extensions: extensionsWith(own.url),
      environment: { DATABASE_URL: database.url, LOG_EXPIRY_H: '24' },
    });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await Promise.all([database[Symbol.asyncDispose](), own[Symbol.asyncDispose]()]);
  });

  it('has its title, server, tags and security scheme in the OpenAPI document', async () => {
    const document = (await (await server.get('/openapi.json')).json()) as Record<string, unknown>;
    expect(document).toMatchObject({
      info: { title: 'Telemetry of Example', version: '7.1.0', license: { name: 'Apache-2.0' } },
      servers: [{ url: 'https://telemetry.example.org', description: 'Production' }],
      security: [{ login: ['read'] }],
      components: { securitySchemes: { login: { type: 'oauth2' } } },
      paths: {
        '/notes': { get: { operationId: 'listNotes', tags: ['Notes'], responses: { 401: {} } } },
        '/health/live': { get: { security: [] } },
      },
    });
    expect(document).toHaveProperty(
      'tags',
      expect.arrayContaining([expect.objectContaining({ name: 'Notes' })]),
    );
    expect(document).not.toHaveProperty('components.securitySchemes.token');
    expect(await (await server.get('/docs')).text()).toContain('<title>Telemetry of Example: API</title>');
  });

  it('uses a data source of its own beside that of the server', async () => {
    const notes = server.app.get(Notes, { strict: false });
    const nameOf = ({ url }: TestDatabase): string => new URL(url).pathname.slice(1);
    expect(await notes.databases()).toEqual([nameOf(database), nameOf(own)]);
    expect(notes.servers.hasMetadata(Note)).toBe(false);
    await notes.own.save({ name: 'a', text: 'b' });
    expect(await (await server.get('/notes')).json()).toEqual([{ name: 'a', text: 'b' }]);
    expect(await database.query(`SELECT to_regclass('notes') AS found`)).toEqual([{ found: null }]);
  });

  it('sends batches to a RecordingSink again after it failed, and runs its purge', async () => {
    const sink = server.app.get(RecordingSink, { strict: false });
    sink.failure = new Error('away');
    const node = await FakeNode.connect(`${server.ws}/audit`);
    await node.sendV1({ msg: 'test.team', n: 1 });
    await waitUntil(() => sink.failures > 0, { what: 'the sink to fail' });
    sink.failure = undefined;
    await waitUntil(() => sink.messages.length === 1, { what: 'the sink to have the message' });
    expect(sink.messages).toMatchObject([{ msg: 'test.team', audit: true }]);
    expect(JSON.parse(sink.messages[0]?.logs ?? '')).toMatchObject({ msg: 'test.team', n: 1 });

    await node.close();
    const other = await FakeNode.connect(server.ws);
    await other.sendV1({ msg: 'test.team', n: 2 });
    await other.close();
    const ended = 'SELECT FROM peer_connections WHERE ended_at IS NOT NULL';
    await waitUntil(async () => (await server.query(ended)).length === 2, { what: 'the ends' });
    expect((await server.purge()).rows.peer_connections).toBe(0);
    const inAYear = new Date(Date.now() + 365 * 86_400_000);
    // That of `/audit` stays.
    expect((await server.purge(inAYear)).rows.peer_connections).toBe(1);
    expect((await server.query('SELECT FROM tetcore_logs')).length).toBe(1);
  });

  it('closes the data source of the team at the end', async () => {
    const notes = server.app.get(Notes, { strict: false });
    await server.stop();
    expect([notes.servers.isInitialized, notes.ownSource.isInitialized]).toEqual([false, false]);
  });
});
