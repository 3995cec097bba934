#!/usr/bin/env node
import { once } from 'node:events'
import { run } from './run.ts'

const ended = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)))
process.exitCode = await run(process.argv.slice(2), {
  write: (text) => void process.stdout.write(text),
  warn: (text) => void process.stderr.write(text),
  ended,
})
