import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { boundedServer } from './bounded-server.js';

/** Express on a server that gives slow and talkative clients up. */
export class BoundedHttpAdapter extends ExpressAdapter {
  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    this.setHttpServer(boundedServer(this.getInstance()));
  }
}
