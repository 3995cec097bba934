export { hastyClock, type ManualClock, manualClock, settle, until } from '@auth/test-kit/clock'
