import { describe, expect, it } from 'vitest';
import { connectionFault, describeConnectionError } from './connection-fault.js';

const URL = 'postgres://me:hidden@db.example:5433/mine';
const failure = (code: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more });

describe('connectionFault', () => {
  it.each([
    [failure('ENOTFOUND', 'getaddrinfo'), 'The host name db.example is unknown.', 'Correct the host'],
    [failure('EAI_AGAIN', 'getaddrinfo'), 'The name server did not respond', '/etc/resolv.conf'],
    [failure('EHOSTUNREACH', 'connect'), 'db.example:5433 cannot be reached', 'Check firewalls'],
    [new Error('timeout expired'), 'db.example:5433 cannot be reached', 'Check firewalls'],
    [new Error('Connection terminated due to connection timeout'), 'cannot be reached', 'Check firewalls'],
    [
      new AggregateError([failure('ECONNREFUSED', '::1')]),
      'No program accepts connections',
      'Start PostgreSQL',
    ],
    [failure('EPROTO', 'wrong version number'), 'TLS with db.example:5433 failed', 'Check certificates'],
    [failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'unknown ca'), 'TLS with db.example:5433 failed', 'sslcert'],
    [failure('CERT_NOT_YET_VALID', 'x'), 'is not valid now', 'correct the clock'],
    [
      failure('28000', 'Peer authentication failed', { routine: 'auth_failed' }),
      'does not authenticate',
      'scram-sha-256',
    ],
    [failure('53300', 'sorry, too many clients already'), 'has no free connection', 'Raise max_connections'],
    [
      failure('53300', 'too many', { routine: 'CheckMyDatabase' }),
      'has no free connection',
      'ALTER DATABASE "mine" CONNECTION LIMIT',
    ],
    [failure('57P03', 'the database system is starting up'), 'is starting up', 'Wait until it has started'],
    [
      failure('55000', 'x', { routine: 'CheckMyDatabase' }),
      'does not allow connections',
      'ALLOW_CONNECTIONS true',
    ],
    [failure('57P05', 'x'), 'because of idle_session_timeout', 'Raise idle_session_timeout of the user me'],
    [failure('25P04', 'x'), 'because of transaction_timeout', 'of the database mine'],
    [failure('57P01', 'terminating connection'), 'ended the session: terminating', 'its log'],
  ])('explains %s', (error, cause, advice) => {
    const fault = connectionFault(error, URL);
    expect(fault?.cause).toContain(cause);
    expect(fault?.advice).toContain(advice);
    expect(describeConnectionError(error, URL)).not.toContain('hidden');
  });

  it('leaves other errors alone, and names the option with the URL', () => {
    expect(connectionFault(new Error('no luck'), URL)).toBeUndefined();
    expect(connectionFault(failure('42501', 'permission denied for table x'), URL)).toBeUndefined();
    expect(describeConnectionError(new Error('no luck'), URL)).toBe('no luck');
    expect(connectionFault(failure('ENOTFOUND', 'x'), URL, '--from')?.advice).toBe(
      'Correct the host in --from.',
    );
  });
});
