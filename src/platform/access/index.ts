export { checkBeforeBody, refuseForeignWrites, refuseOtherHosts } from './access.middleware.js';
export { AccessModule, type AccessModuleOptions, IncompleteFeedGuardError } from './access.module.js';
export { Browsers, BrowsersModule } from './browsers.js';
export { AccessGuard, FeedGuard } from './guards.js';
export { TokenFeedGuard, TokenGuard } from './token.guard.js';
