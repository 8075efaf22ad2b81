export { ReputationModule } from './reputation.module.js';
