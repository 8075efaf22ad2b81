import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGE_VERSION, readSettings } from '../../src/platform/config/index.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { kubernetesProblems } from './kubernetes-problems.js';
import { hasEnvsubst, type KubernetesObject, objectsIn, only, render } from './template.js';

const CHART = 'deployment/helm';
/** The path of programs, and where `go install` puts them. */
const PATH = [process.env.PATH, join(homedir(), 'go/bin')].join(delimiter);
const hasHelm = spawnSync('helm', ['version'], { env: { PATH } }).status === 0;
if (!hasHelm) {
  console.warn('The Helm chart is not tested: there is no helm. go install helm.sh/helm/v3/cmd/helm@v3.19.0');
}

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

function helm(...args: string[]): Result {
  return spawnSync('helm', args, { cwd: ROOT, env: { ...process.env, PATH }, encoding: 'utf8' });
}

/** The values that the chart requires. */
const REQUIRED = {
  image: `registry.example.org/tetcore-analytics:${PACKAGE_VERSION}`,
  secretName: 'tetcore-analytics',
  'service.sourceRanges': '{192.0.2.0/24,198.51.100.0/24}',
};

function template(
  values: Record<string, string>,
  name = 'tetcore-analytics',
  namespace = 'telemetry',
): Result {
  const set = Object.entries(values).flatMap(([key, value]) => [
    /^(settings|nodeSelector)\./.test(key) ? '--set-string' : '--set',
    `${key}=${value}`,
  ]);
  return helm('template', name, CHART, '--namespace', namespace, ...set);
}

function objectsOf(result: Result): KubernetesObject[] {
  expect(result, result.stderr).toMatchObject({ status: 0 });
  return objectsIn(result.stdout);
}

const isPrometheus = ({ apiVersion }: KubernetesObject): boolean =>
  apiVersion.startsWith('monitoring.coreos.com/');

/** Without what the template and the chart write differently, but means the same. */
function comparable(objects: readonly KubernetesObject[]): unknown[] {
  return structuredClone([...objects])
    .map((object) => {
      const { kind, data, spec } = object as unknown as {
        kind: string;
        data: Record<string, string>;
        spec: unknown;
      };
      if (kind === 'ConfigMap') return { ...object, data: readSettings(data) };
      if (kind !== 'StatefulSet') return object;
      const { template } = spec as { template: { metadata: { annotations?: object } } };
      delete template.metadata.annotations;
      return object;
    })
    .map(
      (object) =>
        JSON.parse(JSON.stringify(object, (_, value: unknown) => value ?? undefined)) as KubernetesObject,
    )
    .sort((one, other) => order(one).localeCompare(order(other)));
}

const order = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata.name}`;

describe.skipIf(!hasHelm)('the Helm chart', () => {
  it('has the version of the server, and no problems for helm lint', () => {
    for (const key of ['version', 'appVersion'])
      expect(readProjectFile(`${CHART}/Chart.yaml`)).toContain(`\n${key}: ${PACKAGE_VERSION}\n`);
    const set = Object.entries(REQUIRED).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const { status, stdout } = helm('lint', '--strict', CHART, ...set);
    expect([status, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')]);
  });

  it.skipIf(!hasEnvsubst)('renders the objects of deployment.template.yml', () => {
    const values = { ...REQUIRED, 'volume.storageClass': 'standard' };
    expect(comparable(objectsOf(template(values)))).toEqual(comparable(objectsIn(render())));
    const settings = { LOG_EXPIRY_H: '720', JOURNAL_MODE: 'off', CACHE_MAX_MIB: '1048576' };
    const more = {
      ...values,
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])),
      replicas: '3',
      'nodeSelector.disk': 'ssd',
      'tolerations[0].key': 'telemetry',
      'tolerations[0].operator': 'Exists',
    };
    const variables = {
      ...settings,
      REPLICAS: '3',
      NODE_SELECTOR: '{disk: ssd}',
      TOLERATIONS: '[{key: telemetry, operator: Exists}]',
    };
    expect(comparable(objectsOf(template(more)))).toEqual(comparable(objectsIn(render(variables))));
  });

  it.each([
    ['no image', { image: '' }, 'image'],
    ['no Secret', { secretName: '' }, 'secretName'],
    ['a load balancer for all by omission', { 'service.sourceRanges': '{}' }, 'sourceRanges'],
    ['an unknown value', { replicaCount: '2' }, 'replicaCount'],
    ['a secret among the settings', { 'settings.API_TOKENS': 'read:0123456789abcdef' }, 'API_TOKENS'],
    ['a setting that is fixed', { 'settings.METRICS_PORT': '8080' }, 'METRICS_PORT'],
    ['an Ingress without a host', { 'ingress.enabled': 'true' }, 'host'],
  ])('refuses %s', (_, values, named) => {
    const { status, stderr } = template({ ...REQUIRED, ...values });
    expect([status, stderr]).toEqual([1, expect.stringContaining(named)]);
  });

  it('refuses a setting that is no string', () => {
    const set = Object.entries(REQUIRED).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const { status, stderr } = helm('template', 'x', CHART, ...set, '--set', 'settings.CACHE_MAX_MIB=512');
    expect([status, stderr]).toEqual([1, expect.stringContaining('CACHE_MAX_MIB')]);
  });

  it('leaves names strings that YAML has other types for', { timeout: 60_000 }, () => {
    const all = ['n', 'on', '1e3', 'null', '0123'].flatMap((name) => {
      const objects = objectsOf(
        helm(
          'template',
          name,
          CHART,
          '--namespace',
          name,
          ...Object.keys(REQUIRED)
            .filter((key) => key !== 'service.sourceRanges')
            .flatMap((key) => ['--set-string', `${key}=${name}`]),
          '--set-string',
          `volume.storageClass=${name},networkPolicy.prometheusNamespace=${name},prometheus.release=${name}`,
          '--set',
          'service.sourceRanges={192.0.2.0/24}',
        ),
      );
      for (const { metadata } of objects) {
        expect([metadata.namespace, metadata.name.replace(/-servers$/, '')]).toEqual([name, name]);
      }
      return objects;
    });
    expect(kubernetesProblems(all.filter((object) => !isPrometheus(object)))).toEqual([]);
  });

  it('has an Ingress instead of a load balancer, and leaves out other objects', { timeout: 60_000 }, () => {
    const objects = objectsOf(
      template({
        image: REQUIRED.image,
        secretName: REQUIRED.secretName,
        'service.type': 'ClusterIP',
        'ingress.enabled': 'true',
        'ingress.host': 'analytics.example.org',
        'ingress.className': 'nginx',
        'ingress.tlsSecretName': 'certificate',
        'networkPolicy.enabled': 'false',
        'prometheus.enabled': 'false',
        'nodeSelector.disk': 'ssd',
      }),
    );
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'Ingress',
      'PodDisruptionBudget',
      'Service',
      'Service',
      'StatefulSet',
    ]);
    expect(kubernetesProblems(objects)).toEqual([]);
    expect(only(objects, 'Ingress').spec).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['analytics.example.org'], secretName: 'certificate' }],
      rules: [
        {
          host: 'analytics.example.org',
          http: { paths: [{ backend: { service: { name: 'tetcore-analytics', port: { name: 'http' } } } }] },
        },
      ],
    });
    expect(only(objects, 'Service', 'tetcore-analytics').spec).toMatchObject({ type: 'ClusterIP' });
  });
});
