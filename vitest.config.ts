export { default } from '@auth/vitest'
