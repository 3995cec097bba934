// @auth/dashboard: a live page of strategies, as a handler for Node servers and Express.
export { type Dashboard, type DashboardOptions, dashboard, type MatrixCell } from './dashboard.ts'
