export { setUpDashboard } from './set-up-dashboard.js';
