import { type CanActivate, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { Lifecycle } from '../lifecycle/index.js';

/** Nothing can be answered before the database is there and migrated. */
@Injectable()
export class StartedGuard implements CanActivate {
  constructor(private readonly lifecycle: Lifecycle) {}

  canActivate(): boolean {
    if (this.lifecycle.state === 'starting') {
      throw new ServiceUnavailableException('The server waits for its database.');
    }
    return true;
  }
}
