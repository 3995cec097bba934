// @auth/cli: the program as a function, and the format of `doctor --json`.
export type { Check, CheckState } from './doctor/check.ts'
export type { Diagnosis, Verdict } from './doctor/doctor.ts'
export { run } from './run.ts'
export { processTerminal, type Terminal } from './terminal.ts'
