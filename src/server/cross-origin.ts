import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import { ANY_ORIGIN } from '../platform/config/index.js';

/** Browsers ask again after so long: seconds. */
const PREFLIGHT_AGE_S = 600;

/** What pages of other hosts may do with the API: ask, and send JSON, with a token but without cookies. */
export function crossOrigin(origins: readonly string[]): CorsOptions {
  return {
    origin: origins.includes(ANY_ORIGIN) ? ANY_ORIGIN : [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['Retry-After', 'WWW-Authenticate'],
    credentials: false,
    maxAge: PREFLIGHT_AGE_S,
  };
}
