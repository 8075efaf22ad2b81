import { TextOf, WholeNumberOf } from '../../platform/http/index.js';

/** A table or an index on disk. */
export class RelationSize {
  @TextOf('Schema and name.', { example: 'public.peer_connections' })
  relation!: string;

  @TextOf('Size, human-readable.', { example: '16 MB' })
  size!: string;

  @WholeNumberOf('Size in bytes.', { example: 16777216 })
  bytes!: number;
}

/** The software that answers. */
export class VersionInfo {
  @TextOf('', { example: 'tetcore-analytics' })
  name!: string;

  @TextOf('', { example: '0.2.0' })
  version!: string;

  @TextOf('', { example: 'Stores the telemetry of nodes.' })
  description!: string;
}
