export { type DashboardPage, TAKEN } from './dashboard-page.js';
export { type DashboardOptions, setUpDashboard } from './set-up-dashboard.js';
