export { AccessGuard } from './access.guard.js';
export { AccessModule } from './access.module.js';
export { checkBeforeBody } from './check-before-body.js';
export { FeedGuard } from './feed.guard.js';
