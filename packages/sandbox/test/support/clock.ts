export { HOUR, MINUTE, manualClock } from '@auth/test-kit/clock'
