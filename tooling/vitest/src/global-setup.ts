import { CHROMIUM, installable, REDIS, systemProgram, without } from './system-program.ts'

/**
 * Installs what the tests need and the machine lacks, before the clocks of the tests start. Where that is not permitted
 * the tests that need it say so.
 */
export default async function setup(): Promise<void> {
  if (!(await installable())) return
  if (!without('REDIS')) await systemProgram(REDIS)
  if (!without('CHROMIUM')) await systemProgram(CHROMIUM)
}
