export { AccessGuard } from './access.guard.js';
export { AccessModule, type AccessModuleOptions } from './access.module.js';
export { checkBeforeBody } from './check-before-body.js';
export { FeedGuard } from './feed.guard.js';
export { HalfLockError } from './half-lock.error.js';
export { TokenGuard } from './token.guard.js';
export { TokenFeedGuard } from './token-feed.guard.js';
