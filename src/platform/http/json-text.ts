import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';

/** A response that is already JSON, as PostgreSQL wrote it with every digit. */
export class JsonText {
  /** @param location path of the resource, for the header `Location` */
  constructor(
    readonly text: string,
    readonly location?: string,
  ) {}
}

/** Sends a {@link JsonText} unchanged. */
@Injectable()
export class JsonTextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((result: unknown) => {
        if (!(result instanceof JsonText)) return result;
        const response = context.switchToHttp().getResponse<Response>();
        if (result.location !== undefined) response.location(result.location);
        response.type('application/json');
        return result.text;
      }),
    );
  }
}
