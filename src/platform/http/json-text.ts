import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';

/** An answer that is JSON already, as the database wrote it with every digit. */
export class JsonText {
  /** @param location where what it tells of is to be found: a path */
  constructor(
    readonly text: string,
    readonly location?: string,
  ) {}
}

/** Sends a {@link JsonText} as it is. */
@Injectable()
export class JsonTextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof JsonText)) return answer;
        const response = context.switchToHttp().getResponse<Response>();
        if (answer.location !== undefined) response.location(answer.location);
        response.type('application/json');
        return answer.text;
      }),
    );
  }
}
