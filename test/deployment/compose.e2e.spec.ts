import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PACKAGE_VERSION, readSettings, settingDocs, Settings } from '../../src/platform/config/index.js';
import { FOLDER, readDashboards } from '../monitoring/grafana/panel-queries.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { hasPrometheus, promtool } from '../support/prometheus.js';

interface Service {
  image: string;
  build?: string;
  depends_on?: Record<string, { condition: string }>;
  env_file?: { path: string; required: boolean }[];
  environment?: Record<string, string | number>;
  command?: string[];
  ports?: string[];
  volumes: string[];
  healthcheck?: { test: string[] };
  read_only?: boolean;
  cap_drop?: string[];
  stop_grace_period: string;
}

interface DataSource {
  name: string;
  uid: string;
  type: string;
  url: string;
  user?: string;
  secureJsonData?: { password: string };
  jsonData: { database?: string };
}

const readYaml = (path: string): unknown => parse(readProjectFile(path));
const compose = readYaml('compose.yml') as {
  services: Record<'server' | 'database' | 'prometheus' | 'grafana', Service>;
  volumes: object;
};
const { server, database, prometheus, grafana } = compose.services;
const PROVISIONING = 'monitoring/grafana/provisioning';

/** What somebody puts into `.env`, and an environment with it in its place. */
const ENV = {
  POSTGRES_PASSWORD: '0123456789abcdef',
  GRAFANA_DB_PASSWORD: 'fedcba9876543210',
  GRAFANA_ADMIN_PASSWORD: 'correct horse',
};
const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value
        .toString()
        .replace(/\$\{(\w+):\?is to be set in \.env\}/g, (_, secret: keyof typeof ENV) => ENV[secret])
        .replace(/\$\{\w+:-\}/g, ''),
    ]),
  );

/** What a service has of this project's files: the path here, and the path there. */
const filesOf = ({ volumes }: Service): Map<string, string> =>
  new Map(
    volumes
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => {
        const [here = '', there = '', mode] = volume.split(':');
        expect(mode).toBe('ro');
        return [there, here.slice(2)];
      }),
  );

describe('compose.yml', () => {
  it('lets the server stop in time, and has volumes for its data', () => {
    expect(server).toMatchObject({
      build: '.',
      image: `tetcore-analytics:${PACKAGE_VERSION}`,
      depends_on: { database: { condition: 'service_healthy' } },
      volumes: ['journal:/data'],
    });
    expect(database).toMatchObject({ image: 'postgres:18', volumes: ['database:/var/lib/postgresql'] });
    const named = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.filter((volume) => !volume.startsWith('./')).map((volume) => volume.split(':')[0]),
    );
    expect(named).toEqual(Object.keys(compose.volumes));
    const grace = /^(\d+)s$/.exec(server.stop_grace_period)?.[1];
    expect(Number(grace)).toBeGreaterThan(readSettings({}).SHUTDOWN_TIMEOUT_S);
  });

  it('has valid settings of the server', () => {
    const names = Object.keys(server.environment ?? {});
    expect(names.filter((name) => !settingDocs(Settings).has(name))).toEqual([]);
    expect(readSettings(environmentOf(server))).toMatchObject({
      DATABASE_URL: `postgres://tetcore:${ENV.POSTGRES_PASSWORD}@database/tetcore-analytics`,
      DB_READER_ROLE: 'grafana',
      DB_READER_PASSWORD: ENV.GRAFANA_DB_PASSWORD,
      DATA_DIR: '/data',
      PORT: readSettings({}).PORT,
    });
    expect(database.environment).toMatchObject({
      POSTGRES_USER: 'tetcore',
      POSTGRES_DB: 'tetcore-analytics',
    });
  });

  it('contains no secrets, and requires them', () => {
    const secrets = Object.values(compose.services).flatMap(({ environment = {} }) =>
      Object.entries(environment).filter(([name]) =>
        /PASSWORD|TOKEN|SECRET|URL|KEY(?!_RETRIEVAL)/.test(name),
      ),
    );
    expect(secrets.length).toBeGreaterThan(4);
    expect(
      secrets.filter(([, value]) => !/\$\{\w+:\?is to be set in \.env\}/.test(value.toString())),
      // That one may be missing.
    ).toEqual([['API_TOKENS', '${API_TOKENS:-}']]);
    const asked = [...readProjectFile('compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name);
    expect([...new Set(asked)].sort()).toEqual(Object.keys(ENV).sort());
    const told = [...readProjectFile('docs/deployment.md').matchAll(/^echo "(\w+)=/gm)].map(
      ([, name]) => name,
    );
    expect(told).toEqual(expect.arrayContaining(Object.keys(ENV)));
    for (const file of ['datasources', 'dashboards'])
      expect(readProjectFile(`${PROVISIONING}/${file}/tetcore-analytics.yml`)).not.toMatch(
        /password: (?!\$\{\w+\}$)/m,
      );
  });

  it('gives the server its own password only', () => {
    const seen = Object.values(server.environment ?? {}).flatMap((value) =>
      [...value.toString().matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
    );
    expect(seen.sort()).toEqual(['API_TOKENS', 'GRAFANA_DB_PASSWORD', 'POSTGRES_PASSWORD']);
    expect(server.env_file).toEqual([{ path: 'server.env', required: false }]);
    // It may have secrets as well.
    expect(readProjectFile('.gitignore').split('\n')).toEqual(expect.arrayContaining(['.env', 'server.env']));
    expect(
      Object.values(compose.services).filter(
        (service) => service !== server && service.env_file !== undefined,
      ),
    ).toEqual([]);
  });

  it('lets Grafana send no external requests', () => {
    expect(grafana.environment).toMatchObject({
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
      GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
      GF_SECURITY_DISABLE_GRAVATAR: 'true',
      GF_NEWS_NEWS_FEED_ENABLED: 'false',
    });
  });

  it('publishes only the server', () => {
    expect(server.ports).toEqual(['8080:8080']);
    expect(database.ports).toBeUndefined();
    expect([prometheus.ports, grafana.ports].flat()).toEqual(['127.0.0.1:9090:9090', '127.0.0.1:3000:3000']);
    expect(grafana.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
    });
    expect(environmentOf(grafana).GF_SECURITY_ADMIN_PASSWORD).toBe(ENV.GRAFANA_ADMIN_PASSWORD);
  });

  it.each(Object.entries({ server, prometheus, grafana }))(
    'lets %s write to its volumes alone',
    (_, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    },
  );

  it.each(Object.entries({ database, prometheus, grafana }))(
    'takes a release of %s, and asks whether it is well',
    (_, { image, healthcheck }) => {
      expect(image).toMatch(/^[\w/]+:v?\d+(?:\.\d+\.\d+)?$/);
      expect(healthcheck?.test[0]).toBe('CMD');
    },
  );

  it('mounts existing files', () => {
    const files = [prometheus, grafana].flatMap((service) => [...filesOf(service).values()]);
    expect(files).toHaveLength(5);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('Prometheus of compose.yml', () => {
  const files = filesOf(prometheus);
  const configPath = '/etc/prometheus/prometheus.yml';
  const config = readYaml(files.get(configPath) ?? '') as {
    rule_files: string[];
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };

  it('scrapes the server with the job name of rules and dashboards', () => {
    expect(prometheus.command).toContain(`--config.file=${configPath}`);
    const port = server.environment?.METRICS_PORT?.toString() ?? '';
    expect(config.scrape_configs).toEqual([
      { job_name: 'tetcore-analytics', static_configs: [{ targets: [`server:${port}`] }] },
    ]);
    expect(readProjectFile('monitoring/prometheus/rules.yml')).toContain('up{job="tetcore-analytics"}');
  });

  it('has the rules', () => {
    expect(config.rule_files.map((file) => files.get(`/etc/prometheus/${file}`))).toEqual([
      'monitoring/prometheus/rules.yml',
    ]);
  });

  it.skipIf(!hasPrometheus)('accepts its configuration', async () => {
    expect(await promtool('check', 'config', join(ROOT, files.get(configPath) ?? ''))).toContain('SUCCESS');
  });
});

describe('Grafana of compose.yml', () => {
  const files = filesOf(grafana);
  const { datasources } = readYaml(`${PROVISIONING}/datasources/tetcore-analytics.yml`) as {
    datasources: DataSource[];
  };
  const { providers } = readYaml(`${PROVISIONING}/dashboards/tetcore-analytics.yml`) as {
    providers: { type: string; options: { path: string } }[];
  };

  it('has provisioning files and dashboards', () => {
    const there = '/etc/grafana/provisioning';
    // The whole would hide the folders of the image beside them, such as that of plugins.
    expect([...files].filter(([path]) => path.startsWith(there)).sort()).toEqual(
      readdirSync(join(ROOT, PROVISIONING))
        .sort()
        .map((name) => [`${there}/${name}`, `${PROVISIONING}/${name}`]),
    );
    expect(providers.map(({ type, options }) => [type, files.get(options.path)])).toEqual([['file', FOLDER]]);
    expect(statSync(join(ROOT, FOLDER)).isDirectory()).toBe(true);
  });

  it('has one data source for each type in dashboards', () => {
    const types = [...readDashboards().values()].map(
      ({ templating }) => templating.list.find(({ name }) => name === 'datasource')?.query,
    );
    expect(types).not.toContain(undefined);
    expect(datasources.map(({ type }) => type).sort()).toEqual([...new Set(types)].sort());
    expect(new Set(datasources.map(({ uid }) => uid)).size).toBe(datasources.length);
  });

  it('uses existing services and the read-only role', () => {
    const [metrics, tables] = datasources;
    expect(metrics?.url).toBe('http://prometheus:9090');
    expect(tables).toMatchObject({
      url: 'database:5432',
      user: server.environment?.DB_READER_ROLE,
      jsonData: { database: database.environment?.POSTGRES_DB },
    });
    const [, variable = ''] = /^\$\{(\w+)\}$/.exec(tables?.secureJsonData?.password ?? '') ?? [];
    expect(environmentOf(grafana)[variable]).toBe(environmentOf(server).DB_READER_PASSWORD);
  });
});
