import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { JsonTextInterceptor } from './json-text.js';
import { ProblemFilter } from './problem.filter.js';
import { StartedGuard } from './route-decorators.js';
import { DeclaredQueryInterceptor, InputValidationPipe } from './validation.js';

/** The guard, validation, and response and error formats of every route, including those of extensions. */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: StartedGuard },
    { provide: APP_INTERCEPTOR, useClass: DeclaredQueryInterceptor },
    { provide: APP_INTERCEPTOR, useClass: JsonTextInterceptor },
    { provide: APP_PIPE, useClass: InputValidationPipe },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
