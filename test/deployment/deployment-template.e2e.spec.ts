import { spawnSync } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeSettings, sourceOutsideConfig } from '../../scripts/write-configuration-docs.mjs';
import { PACKAGE_VERSION, readSettings, settingDocs, Settings } from '../../src/platform/config/index.js';
import { kubernetesProblems, problemsOfEach } from './kubernetes-problems.js';
import {
  hasEnvsubst,
  type KubernetesObject,
  objectsIn,
  only,
  render,
  TAKE_VARIABLES,
  TEMPLATE,
  template,
} from './template.js';
import { shellLines } from '../docs/shell-lines.js';
import { readProjectFile, ROOT } from '../support/markdown.js';
import { tempDir } from '../support/temp-dir.js';

const RULES = 'monitoring/prometheus/rules.yml';
/** The rules have no variables, and take long to parse. */
const WITHOUT_RULES = "sed '/^  groups:/,$d'";

const docs = settingDocs(Settings);
const secrets = [...docs].filter(([, { secret }]) => secret).map(([name]) => name);
const open = [...docs.keys()].filter((name) => !secrets.includes(name));
const isPrometheus = ({ apiVersion }: KubernetesObject): boolean =>
  apiVersion.startsWith('monitoring.coreos.com/');

/** Each `export` of the head: the sentence before it, its name and its value. */
const variables = [...template.matchAll(/^# (\S.*)\n# export (\w+)=(.*)$/gm)].map(
  ([, about = '', name = '', value = '']) => ({ about, name, value }),
);

describe('the head of deployment.template.yml', () => {
  it('describes each variable, and uses all of them', () => {
    const [head = '', ...rest] = template.split('\n---\n');
    const used = new Set([...rest.join('\n').matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    expect(variables.map(({ name }) => name).sort()).toEqual([...used].sort());
    expect(variables).toHaveLength((head.match(/^# export /gm) ?? []).length);
    expect(head).toContain(`#   ${TAKE_VARIABLES} > deployment.env\n`);
  });

  it('has an example for each variable', () => {
    const without = variables.filter(({ about, value }) => value === '' && !/ Example: \S/.test(about));
    expect(without).toEqual([]);
    const examples = variables.map(({ about, name, value }): [string, string] => [
      name,
      value === '' ? (/ Example: (\S+)/.exec(about)?.[1] ?? '') : value,
    ]);
    readSettings(Object.fromEntries(examples));
  });

  it('has no other text that envsubst replaces', () => {
    expect(template.replace(/\$\{[A-Z_]+\}/g, '')).not.toContain('$');
  });

  it('describes settings as the documentation', () => {
    const described = describeSettings(docs, readSettings({}), sourceOutsideConfig(`${ROOT}/src`));
    const names = new Set(variables.map(({ name }) => name));
    const missing = described
      .filter(({ name }) => names.has(name))
      .filter(({ about }) => !template.includes(`\n# ${about.replace(/[`*]/g, '')}`));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('names the image of this version', () => {
    expect(variables.find(({ name }) => name === 'IMAGE')?.value).toMatch(new RegExp(`:${PACKAGE_VERSION}$`));
  });
});

if (!hasEnvsubst) console.warn('There is no envsubst (gettext-base): the template is not rendered.');

describe.skipIf(!hasEnvsubst)('deployment.template.yml, rendered with its examples', () => {
  const text = hasEnvsubst ? render() : '';
  const objects = hasEnvsubst ? objectsIn(text) : [];
  const of = (kind: string, name?: string): KubernetesObject => only(objects, kind, name);
  const settingsOf = (config: KubernetesObject): Settings =>
    readSettings(config.data as Record<string, string>);

  it('has no variables left', () => {
    expect(text).not.toContain('$');
    const kinds = objects.filter((object) => !isPrometheus(object)).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'ConfigMap',
      'Service',
      'Service',
      'StatefulSet',
      'PodDisruptionBudget',
      'NetworkPolicy',
    ]);
    expect(objects.filter(isPrometheus).map(({ kind }) => kind)).toEqual([
      'ServiceMonitor',
      'PrometheusRule',
    ]);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['telemetry']));
  });

  it('is valid for the API of Kubernetes', { timeout: 60_000 }, () => {
    const known = objects.filter((object) => !isPrometheus(object));
    expect(kubernetesProblems(known)).toEqual([]);
  });

  it(
    'would not be taken with a field that is unknown, missing or of another type',
    { timeout: 60_000 },
    () => {
      const set = structuredClone(of('StatefulSet')) as KubernetesObject & { spec: Record<string, unknown> };
      set.spec.replicaCount = 2;
      expect(kubernetesProblems([set]).join()).toMatch(/replicaCount\W+ does not exist/);
      delete set.spec.replicaCount;
      set.spec.replicas = 'two';
      expect(kubernetesProblems([set]).join()).toContain("'string' is not assignable to type 'number'");
      delete set.spec.replicas;
      delete set.spec.serviceName;
      expect(kubernetesProblems([set]).join()).toContain("'serviceName' is missing");
    },
  );

  it('has all settings; secrets come from a Secret', () => {
    expect(Object.keys(of('ConfigMap').data as object)).toEqual(open);
    const env = server(of('StatefulSet')).env as { name: string; valueFrom: unknown }[];
    expect(env.map(({ name }) => name)).toEqual(secrets);
    expect(env).toMatchObject([
      { valueFrom: { secretKeyRef: { key: 'DATABASE_URL' } } },
      { valueFrom: { secretKeyRef: { key: 'API_TOKENS', optional: true } } },
      { valueFrom: { secretKeyRef: { key: 'INSIGHT_WEBHOOK_URL', optional: true } } },
      { valueFrom: { secretKeyRef: { key: 'INSIGHT_WEBHOOK_SECRET', optional: true } } },
      { valueFrom: { secretKeyRef: { key: 'DB_READER_PASSWORD', optional: true } } },
    ]);
    expect(server(of('StatefulSet')).envFrom).toEqual([
      { configMapRef: { name: of('ConfigMap').metadata.name } },
    ]);
  });

  it('has defaults for all settings except those of containers', () => {
    const fixed = { DATA_DIR: '/data', METRICS_PORT: '9090', ASSETS_PATH: '/app/static' };
    expect(settingsOf(of('ConfigMap'))).toEqual(
      readSettings({ ...fixed, NUM_THREADS: '6', LOG_FORMAT: 'json' }),
    );
    const empty = Object.fromEntries(open.map((name) => [name, '']));
    const config = only(objectsIn(render(empty)), 'ConfigMap');
    expect(settingsOf(config)).toEqual(readSettings(fixed));
  });

  it('has a grace period longer than the shutdown', () => {
    const { lifecycle } = server(of('StatefulSet'));
    const { command } = (lifecycle as { preStop: { exec: { command: string[] } } }).preStop.exec;
    expect(command).toEqual(['sleep', '5']);
    const grace = pod(of('StatefulSet')).terminationGracePeriodSeconds as number;
    expect(grace).toBeGreaterThan(settingsOf(of('ConfigMap')).SHUTDOWN_TIMEOUT_S + 5);
    expect(grace).toBeGreaterThan(readSettings({}).SHUTDOWN_TIMEOUT_S + 5);
  });

  it('routes nodes to PORT, and probes and Prometheus to METRICS_PORT', () => {
    const { PORT, METRICS_PORT } = settingsOf(of('ConfigMap'));
    expect(server(of('StatefulSet'))).toMatchObject({
      ports: [
        { name: 'http', containerPort: PORT },
        { name: 'metrics', containerPort: METRICS_PORT },
      ],
      readinessProbe: { httpGet: { path: '/health/ready', port: 'metrics' } },
      livenessProbe: { httpGet: { path: '/health/live', port: 'metrics' } },
    });
    expect(of('Service', 'tetcore-analytics').spec).toMatchObject({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: ['192.0.2.0/24', '198.51.100.0/24'],
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    });
    const headless = of('Service', 'tetcore-analytics-servers');
    expect(headless.spec).toMatchObject({
      clusterIP: 'None',
      ports: [{ port: PORT }, { name: 'metrics', port: METRICS_PORT }],
    });
    expect(of('StatefulSet').spec).toMatchObject({ serviceName: headless.metadata.name });
    const monitor = of('ServiceMonitor').spec as {
      selector: { matchLabels: Record<string, string> };
      endpoints: unknown[];
    };
    expect(monitor.endpoints).toMatchObject([{ port: 'metrics', path: '/metrics', interval: '15s' }]);
    const watched = objects.filter(
      ({ kind, metadata }) => kind === 'Service' && isSubset(monitor.selector.matchLabels, metadata.labels),
    );
    expect(watched).toEqual([headless]);
  });

  it('selects its own pods', () => {
    const labels = {
      'app.kubernetes.io/name': 'tetcore-analytics',
      'app.kubernetes.io/instance': 'tetcore-analytics',
    };
    const set = of('StatefulSet');
    expect(set.spec).toMatchObject({ selector: { matchLabels: labels }, template: { metadata: { labels } } });
    for (const service of objects.filter(({ kind }) => kind === 'Service')) {
      expect(service.spec).toMatchObject({ selector: labels });
    }
    expect(of('PodDisruptionBudget').spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: labels } });
    const labelSelector = { matchLabels: labels };
    expect(pod(set)).toMatchObject({
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: { labelSelector } }],
        },
      },
      topologySpreadConstraints: [{ labelSelector }],
    });
  });

  it('has a volume for each server, larger than its journal', () => {
    const { DATA_DIR, JOURNAL_MAX_MIB } = settingsOf(of('ConfigMap'));
    expect(server(of('StatefulSet')).volumeMounts).toContainEqual({ name: 'data', mountPath: DATA_DIR });
    const { volumeClaimTemplates } = of('StatefulSet').spec as {
      volumeClaimTemplates: { metadata: object; spec: { resources: { requests: { storage: string } } } }[];
    };
    expect(volumeClaimTemplates).toMatchObject([{ metadata: { name: 'data' } }]);
    const storage = volumeClaimTemplates[0]?.spec.resources.requests.storage ?? '';
    expect(storage).toMatch(/^\d+Gi$/);
    expect(parseInt(storage) * 1024).toBeGreaterThan(JOURNAL_MAX_MIB + 512);
  });

  it('runs without root and with minimal privileges', () => {
    expect(pod(of('StatefulSet'))).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(server(of('StatefulSet')).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('is rejected without one of its variables, or right, and never open to all', { timeout: 60_000 }, () => {
    const variants = variables
      .filter(({ name }) => !docs.has(name))
      .map(({ name }) => ({ name, objects: rendered({ [name]: undefined }, WITHOUT_RULES) ?? [] }));
    const known = variants.map(({ objects }) => objects.filter((object) => !isPrometheus(object)));
    const problems = problemsOfEach(known.flat());
    const accepted = variants.filter((_, index) => {
      const own = problems.splice(0, known[index]?.length);
      return own.length > 0 && own.flat().length === 0;
    });
    expect(accepted.map(({ name }) => name)).toEqual([
      'NODE_SELECTOR',
      'TOLERATIONS',
      // Then no namespace may connect to the port of metrics,
      'PROMETHEUS_NAMESPACE',
      // and no Prometheus selects the objects.
      'PROMETHEUS_RELEASE',
    ]);
    const settings = variables.map(({ name }) => name).filter((name) => docs.has(name));
    const unset = objectsIn(render(Object.fromEntries(settings.map((name) => [name, undefined]))));
    expect(settingsOf(only(unset, 'ConfigMap'))).toEqual(
      readSettings({ DATA_DIR: '/data', METRICS_PORT: '9090', ASSETS_PATH: '/app/static' }),
    );
    expect(only(unset, 'Service', 'tetcore-analytics')).toEqual(of('Service', 'tetcore-analytics'));
  });

  it('leaves names strings that YAML has other types for', { timeout: 60_000 }, () => {
    const names = [
      'NAME',
      'NAMESPACE',
      'SECRET_NAME',
      'STORAGE_CLASS',
      'PROMETHEUS_NAMESPACE',
      'PROMETHEUS_RELEASE',
    ];
    const odd = ['n', 'on', '1e3', 'null', '0123'];
    const named = (value: string): KubernetesObject[] =>
      objectsIn(render(Object.fromEntries(names.map((name) => [name, value])), WITHOUT_RULES));
    const plain = JSON.stringify(named('placeholder'));
    const all = odd.map((value) => {
      const objects = named(value);
      expect(JSON.stringify(objects)).toBe(plain.replaceAll('placeholder', value));
      return objects.filter((object) => !isPrometheus(object));
    });
    expect(kubernetesProblems(all.flat())).toEqual([]);
  });

  it('is applied by the commands of docs/deployment.md to NAMESPACE only', () => {
    const commands = shellLines('docs/deployment.md').filter(
      (line) => line.includes('kubectl') && line.includes('apply'),
    );
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      const script = `set -e\nkubectl() { cat > /dev/null; echo "$*"; }\n${command}`;
      const run = (env: Record<string, string>): unknown =>
        spawnSync('bash', ['-c', script], {
          cwd: ROOT,
          env: { PATH: process.env.PATH, ...env },
          encoding: 'utf8',
        });
      expect(run({ NAMESPACE: 'telemetry' })).toMatchObject({ stdout: '--namespace telemetry apply -f -\n' });
    }
    const script = shellLines('docs/deployment.md').filter((line) => line.includes('NAMESPACE:?'));
    expect(script.length).toBeGreaterThan(2);
  });

  it('opens the port of metrics to Prometheus only', () => {
    const { ingress } = of('NetworkPolicy').spec as {
      ingress: { from?: unknown; ports: { port: string }[] }[];
    };
    expect(ingress.filter(({ from }) => from === undefined)).toEqual([{ ports: [{ port: 'http' }] }]);
    expect(ingress.filter(({ from }) => from !== undefined)).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ port: 'metrics' }],
      },
    ]);
  });

  it('selects machines by label and taint', () => {
    const chosen = objectsIn(
      render({ NODE_SELECTOR: '{disk: ssd}', TOLERATIONS: '[{key: telemetry, operator: Exists}]' }),
    );
    expect(pod(only(chosen, 'StatefulSet'))).toMatchObject({
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'telemetry', operator: 'Exists' }],
    });
  });

  it('has the rules, copied by the commands of docs/monitoring.md, and their job name', async () => {
    const rules = readProjectFile(RULES);
    expect(of('PrometheusRule').spec).toEqual(parse(rules, { version: '1.1' }));
    const { labels } = of('PrometheusRule').metadata;
    expect(labels).toEqual(of('ServiceMonitor').metadata.labels);
    expect(labels).toMatchObject({ release: 'kube-prometheus-stack' });
    const { endpoints } = of('ServiceMonitor').spec as { endpoints: unknown[] };
    const jobs = new Set([...rules.matchAll(/job="([^"]+)"/g)].map(([, job]) => job));
    expect(endpoints).toMatchObject([
      { relabelings: [...jobs].map((replacement) => ({ targetLabel: 'job', replacement })) },
    ]);

    // Comments as well: the template lacks nothing that the commands would write.
    const [commands = ''] = /^sed -i [^`]*/m.exec(readProjectFile('docs/monitoring.md')) ?? [];
    const folder = await tempDir('rules');
    try {
      for (const file of [TEMPLATE, RULES]) await cp(join(ROOT, file), join(folder, file));
      expect(spawnSync('sh', ['-euc', commands], { cwd: folder, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(
        await readFile(join(folder, TEMPLATE), 'utf8'),
        `Run in the project's folder:\n${commands}`,
      ).toBe(template);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is valid without the part for the Prometheus Operator', () => {
    const cut = "sed '/^# Prometheus Operator/,$d'";
    expect(readProjectFile('docs/deployment.md')).toContain(cut);
    const left = objectsIn(render({}, cut));
    expect(left).toEqual(objects.filter((object) => !isPrometheus(object)));
    expect(left.length).toBeLessThan(objects.length);
  });
});

/** The rendered objects; undefined if they are no YAML. */
function rendered(
  changed: Record<string, string | undefined>,
  filter?: string,
): KubernetesObject[] | undefined {
  try {
    return objectsIn(render(changed, filter));
  } catch {
    return undefined;
  }
}

function pod({ spec }: KubernetesObject): Record<string, unknown> {
  return (spec as { template: { spec: Record<string, unknown> } }).template.spec;
}

function server(set: KubernetesObject): Record<string, unknown> {
  const [container, ...others] = pod(set).containers as Record<string, unknown>[];
  expect(others).toEqual([]);
  return container ?? {};
}

function isSubset(some: Record<string, string>, all: Record<string, string>): boolean {
  return Object.entries(some).every(([name, value]) => all[name] === value);
}
