import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';

/** Names this server process in what it stores. */
@Injectable()
export class CollectorId {
  readonly id = uuidv7();
}
