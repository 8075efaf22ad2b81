import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import type { Request } from 'express';
import { MetricsPort } from './metrics-port.js';

/** Metrics that have a port of their own are not there on the other one. */
@Injectable()
export class MetricsPortGuard implements CanActivate {
  constructor(private readonly port: MetricsPort) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.port.serves(context.switchToHttp().getRequest<Request>())) return true;
    throw new NotFoundException('The metrics have a port of their own: METRICS_PORT.');
  }
}
