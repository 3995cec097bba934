export { HOUR, type ManualClock, manualClock } from '@auth/test-kit/clock'
