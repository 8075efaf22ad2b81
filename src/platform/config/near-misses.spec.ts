import { describe, expect, it } from 'vitest';
import { InvalidSettingsError, nearMisses, parseEnvFile, settingsForStart } from './index.js';

/** `NAME → MEANT`, with an exclamation mark where the start is refused. */
function missesOf(environment: Record<string, string>, text = ''): string[] {
  const file = parseEnvFile(text);
  const ofFile = Object.fromEntries(
    [...file.written].map(([name, value]) => [name, value.replace(/^(['"`])(.*)\1$/, '$2')]),
  );
  return nearMisses({ ...ofFile, ...environment }, file).map(({ refused, message, advice }) => {
    const [, what = ''] = /(?:variable |^(?!The ))(Line \d+|\S+) /.exec(message) ?? [];
    const [, meant = '?'] = /If you mean (\w+)|Write (\w+)=/.exec(advice)?.filter(Boolean) ?? [];
    return `${what} → ${meant}${refused ? '!' : ''}`;
  });
}

const refusalOf = (text: string, environment: Record<string, string> = {}): string => {
  const file = parseEnvFile(text);
  try {
    const values = Object.fromEntries(
      [...file.written].map(([name, value]) => [name, value.replace(/^(['"`])(.*)\1$/, '$2')]),
    );
    settingsForStart({ ...values, ...environment }, file);
    return '';
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.message;
    throw error;
  }
};

describe('names in the environment', () => {
  it('are reported if they resemble settings', () => {
    expect(
      missesOf({
        DATABASE_URI: 'x',
        LOG_EXPIRY: '720',
        LOG_EXPIRY_HOURS: '720',
        JOURNAL_MODES: 'x',
        DATADIR: 'x',
        TRUSTED_PROXY: '10.0.0.1',
        TELEMETRY_MAX_BYTES: '1',
        TETCORE_ANALYTICS_DATA_DIR: '/x',
        num_threads: '4',
        port: '80',
      }),
    ).toEqual([
      'DATABASE_URI → DATABASE_URL',
      'LOG_EXPIRY → LOG_EXPIRY_H',
      'LOG_EXPIRY_HOURS → LOG_EXPIRY_H',
      'JOURNAL_MODES → JOURNAL_MODE',
      'DATADIR → DATA_DIR',
      'TRUSTED_PROXY → TRUSTED_PROXIES',
      'TELEMETRY_MAX_BYTES → TELEMETRY_MAX_BYTES_PER_S',
      'TETCORE_ANALYTICS_DATA_DIR → DATA_DIR',
      'num_threads → NUM_THREADS',
      'port → PORT',
    ]);
  });

  it('are ignored if they belong to other programs', () => {
    const others = {
      PORT: '8080',
      DATABASE_URL: 'x',
      RUST_LOG: 'info',
      HOME: '/',
      PATH: '/bin',
      HOSTNAME: 'x',
      HOSTS: 'x',
      SORT: 'x',
      PROT: 'x',
      OMP_NUM_THREADS: '1',
      NODE_ENV: 'production',
      NODE_OPTIONS: 'x',
      DATABASE_URL_TEST: 'x',
      POSTGRES_PASSWORD: 'x',
      GRAFANA_DB_PASSWORD: 'x',
      GITHUB_TOKEN: 'x',
      NPM_TOKEN: 'x',
      APP_TOKEN: 'x',
      AUTH_TOKEN: 'x',
      API_KEY: 'x',
      HTTP_PROXY: 'x',
      npm_config_loglevel: 'error',
      npm_package_json: 'x',
      KUBERNETES_PORT: 'tcp://10.0.0.1:443',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      TETCORE_ANALYTICS_PORT: 'tcp://10.0.0.2:8080',
      TETCORE_ANALYTICS_PORT_8080_TCP_ADDR: '10.0.0.2',
      TETCORE_ANALYTICS_SERVICE_PORT_HTTP: '8080',
      METRIC_PORT: 'tcp://10.0.0.3:9090',
      API_TOKEN: ' ',
    };
    expect(missesOf(others)).toEqual([]);
  });

  it.each(['API_TOKEN', 'API_TOKNES', 'APITOKENS', 'api_tokens', 'TETCORE_API_TOKENS'])(
    '%s is refused, unless API_TOKENS is set',
    (name) => {
      expect(missesOf({ [name]: 'x' })).toEqual([`${name} → API_TOKENS!`]);
      expect(missesOf({ [name]: 'x', API_TOKENS: 'y' })).toEqual([`${name} → API_TOKENS`]);
    },
  );

  it.each([
    'TELEMETRY_ALLOWED',
    'TELEMETRY_ALLOWED_IP',
    'TELEMETRY_ALLOW_IPS',
    'ALLOWED_IPS',
    'ALLOW_IPS',
    'IP_ALLOWLIST',
  ])('%s is refused, unless TELEMETRY_ALLOWED_IPS is set', (name) => {
    expect(missesOf({ [name]: '10.0.0.1' })).toEqual([`${name} → TELEMETRY_ALLOWED_IPS!`]);
    expect(missesOf({ [name]: '10.0.0.1', TELEMETRY_ALLOWED_IPS: '10.0.0.1' })).toHaveLength(1);
  });
});

describe('the file .env', () => {
  it('is for this server only: short and common names are reported too', () => {
    const text =
      'PROT=8090\nexport HOTS=::1\nTOKENS=x\nAPI_KEY: x\n# A=b\n\nNODE_ENV=x\nGRAFANA_DB_PASSWORD=x\nPOSTGRES_PASSWORD=x\n';
    expect(missesOf({}, text)).toEqual([
      'PROT → PORT',
      'HOTS → HOST',
      'TOKENS → API_TOKENS!',
      'API_KEY → API_TOKENS!',
    ]);
  });

  it('has lines that set nothing', () => {
    const text =
      'DATA_DIR=/x\nPORT 8090\n"quoted\r\nAPI_TOKENS read:0123456789abcdef\nKEY="two\nlines"\n-----\n';
    expect(missesOf({}, text)).toEqual([
      'Line 2 → PORT',
      'Line 3 → NAME',
      'Line 4 → API_TOKENS!',
      'Line 7 → NAME',
    ]);
    expect(refusalOf(text)).toBe(
      'Line 4 of .env is not an assignment, and is ignored. Write API_TOKENS=value, or begin the line with # if it is a comment. ' +
        'The server does not start, because clients would have access.',
    );
  });

  it('is not run by a shell: commands are refused, with what to do', () => {
    const text =
      'API_TOKENS="read:$(openssl rand -hex 32)"\nDB_READER_PASSWORD=`pwgen 24`\nDATA_DIR=${HOME}/data\n';
    const lines = refusalOf(text).split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['DATA_DIR', 'API_TOKENS', 'DB_READER_PASSWORD']);
    expect(lines[1]).toBe(
      'API_TOKENS has a command or a variable of a shell in it, and nothing replaces these in .env. Run the command ' +
        'yourself and paste what it prints, or use single quotes if that is the value.',
    );
    expect(lines.join()).not.toContain('openssl');
    expect(refusalOf("DB_READER_PASSWORD='`pwgen 24`'\n")).toBe('');
    expect(refusalOf(text, { API_TOKENS: 'read:0123456789abcdef' }).split('\n')).toHaveLength(2);
    expect(refusalOf('', { DB_READER_PASSWORD: '$(openssl rand -hex 9)' })).toContain(
      'DB_READER_PASSWORD has a command',
    );
    expect(missesOf({}, 'DATABASE_URL=postgres://u:$PASSWORD@h/d\n')).toEqual(['DATABASE_URL → ?']);
    expect(missesOf({}, "DATABASE_URL='postgres://u:$PASSWORD@h/d'\nDB_READER_PASSWORD=pa$$word1\n")).toEqual(
      [],
    );
  });
});
