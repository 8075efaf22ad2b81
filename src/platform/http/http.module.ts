import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { DeclaredQueryInterceptor } from './declared-query.interceptor.js';
import { JsonTextInterceptor } from './json-text.js';
import { ProblemFilter } from './problem.filter.js';
import { StartedGuard } from './started.guard.js';
import { inputValidation } from './validation.js';

/**
 * What every route goes through, a team's as well: the guard of the start, the check of its inputs, and the form of
 * its answers and errors.
 */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: StartedGuard },
    { provide: APP_INTERCEPTOR, useClass: DeclaredQueryInterceptor },
    { provide: APP_INTERCEPTOR, useClass: JsonTextInterceptor },
    { provide: APP_PIPE, useFactory: inputValidation },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
