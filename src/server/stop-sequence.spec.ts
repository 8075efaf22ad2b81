import type { INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { stopOfPostgres, stopSequence } from './stop-sequence.js';
import { KEPT_FOR_THE_PROCESS } from './stop-step.js';

describe('the stop of the server', () => {
  it('gives away no more time than there is', () => {
    const steps = [...stopSequence({} as INestApplication), stopOfPostgres({} as EmbeddedPostgresServer)];
    const shares = steps.reduce((sum, { share }) => sum + share, KEPT_FOR_THE_PROCESS);
    expect(shares).toBeLessThanOrEqual(1 + Number.EPSILON);
  });
});
