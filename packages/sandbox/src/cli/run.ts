import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toEnvironment } from '@auth/core/node'
import { CommanderError } from 'commander'
import { setFault } from '../control/steering.ts'
import { type ServedSandbox, serveSandbox } from '../serve.ts'
import { curlLines } from './curl.ts'
import { writeEnvFile } from './env-file.ts'
import { type Arguments, parseArguments } from './options.ts'

/** The program's surroundings. */
export interface Terminal {
  write(text: string): void
  warn(text: string): void
  /** Resolves when the program is asked to end. */
  readonly ended: Promise<unknown>
}

/** Runs the program until it is asked to end; yields the exit code. */
export async function run(argv: readonly string[], { write, warn, ended }: Terminal): Promise<number> {
  let parsed: Arguments
  try {
    parsed = parseArguments(argv, write, warn)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
  const folder = mkdtempSync(join(tmpdir(), 'carrier-sandbox-'))
  let served: ServedSandbox | undefined
  try {
    served = await serve(parsed)
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, served.sandbox.authority.certificate)
    for (const { carrier, endpoint, fault, times } of parsed.fault) {
      const simulator = served.simulators.find(({ id }) => id === carrier)
      if (simulator !== undefined) setFault(simulator, endpoint, fault, times)
    }
    if (parsed.writeEnv !== undefined) {
      writeEnvFile(
        parsed.writeEnv,
        served.simulators.flatMap(({ id, credentials, options }) => toEnvironment(id, credentials, options)),
      )
    }
    write(parsed.json === true ? asJson(served, ca) : asText(served, ca, folder, parsed.writeEnv))
    await ended
    return 0
  } catch (error) {
    const problem = describe(error)
    if (problem === undefined) throw error
    warn(`carrier-sandbox: ${problem}\n`)
    return 1
  } finally {
    await served?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function serve({ carrier, port, controlPort, host, allowHost }: Arguments): Promise<ServedSandbox> {
  const [hostname] = allowHost
  return serveSandbox({
    ...(carrier !== undefined && { carriers: carrier }),
    ...(port !== undefined && { port }),
    ...(controlPort !== undefined && { controlPort }),
    ...(host !== undefined && { host }),
    ...(hostname !== undefined && { hostname }),
    allowHosts: allowHost,
  })
}

/** In words, what a person can mend; `undefined` for our own mistakes. */
function describe(error: unknown): string | undefined {
  const { code, port, address, path } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; choose another one with --port or --control-port`
    case 'EACCES':
    case 'EPERM':
      return path === undefined ? `port ${port} needs more rights; choose one above 1023` : `${path} cannot be written`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `--host: ${address ?? 'this address'} is no address of this machine`
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return `${path ?? 'the file'} cannot be written (${code})`
    default:
      return undefined
  }
}

function asJson({ simulators, controlUrl }: ServedSandbox, ca: string): string {
  const carriers = simulators.map(({ id, credentials, options, baseUrl }) => ({ id, credentials, options, baseUrl }))
  return `${JSON.stringify({ control: controlUrl, ca, carriers }, null, 2)}\n`
}

function asText({ simulators, controlUrl }: ServedSandbox, ca: string, folder: string, envFile?: string): string {
  const parts = simulators.map((simulator) => {
    const { id, credentials, options, baseUrl } = simulator
    const shown = Object.entries({ ...credentials, ...options }).filter(([name]) => name !== 'ca' && name !== 'tls')
    return [
      `${id}  ${baseUrl}`,
      ...shown.map(([name, value]) => `  ${name.padEnd(14)}${Array.isArray(value) ? value.join(', ') : String(value)}`),
      ...curlLines(simulator, ca, folder).map((line) => `\n  ${line}`),
      '',
    ].join('\n')
  })
  return [
    ...parts,
    `Trust anchor: ${ca}`,
    `Control:      ${controlUrl}  (OpenAPI at ${controlUrl}/openapi.json)`,
    ...(envFile === undefined ? [] : [`Environment:  ${envFile}`]),
    'Press Ctrl+C to end.',
    '',
  ].join('\n')
}
