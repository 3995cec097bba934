import type { CarrierId } from '@auth/core/carriers'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type FaultEndpoint, faultNames } from '../fault-catalog.ts'
import { CARRIER_IDS, carrierId, DEFAULT_CARRIERS } from '../registry.ts'

/** A fault that is set at the start: `posti:token:unavailable:3`. */
export interface FaultArgument {
  readonly carrier: CarrierId
  readonly endpoint: FaultEndpoint
  readonly fault: string
  readonly times: number | undefined
}

export interface Arguments {
  readonly carrier?: readonly CarrierId[]
  readonly port?: number
  readonly controlPort?: number
  readonly fault: readonly FaultArgument[]
  readonly writeEnv?: string
  readonly host?: string
  readonly allowHost: readonly string[]
  readonly json?: boolean
}

/** @throws CommanderError with the exit code: 0 after `--help`, 2 for wrong usage. */
export function parseArguments(
  argv: readonly string[],
  write: (text: string) => void,
  warn: (text: string) => void,
): Arguments {
  const command = new Command('carrier-sandbox')
    .description('Shipping carriers on loopback, over TLS, that authenticate like the real ones.')
    .addOption(
      new Option(
        '--carrier <ids>',
        `carriers to start, separated by commas, or all (default: ${DEFAULT_CARRIERS.join(',')})`,
      ).argParser(carriers),
    )
    .addOption(new Option('--port <n>', 'first of consecutive ports (default: free ports)').argParser(port))
    .addOption(
      new Option('--control-port <n>', 'port of the HTTP control interface (default: a free port)').argParser(port),
    )
    .addOption(
      new Option(
        '--fault <carrier:endpoint:fault[:times]>',
        'break something from the start, such as posti:token:unavailable:3',
      )
        .argParser((value, all: FaultArgument[]) => [...all, fault(value)])
        .default([], 'none'),
    )
    .option('--write-env <file>', 'write credentials and addresses into this file; its other lines stay')
    .option('--host <address>', 'address to listen on, such as 0.0.0.0 in a container (default: loopback)')
    .addOption(
      new Option('--allow-host <name>', 'host name by which others call it; the first one is in the certificate')
        .argParser((value, all: string[]) => [...all, value])
        .default([], 'none'),
    )
    .option('--json', 'print one JSON document instead of text')
    .addHelpText(
      'after',
      `
Carriers: ${CARRIER_IDS.join(', ')}

Faults of token endpoints: ${faultNames('token').join(', ')}
Faults of APIs: ${faultNames('api').join(', ')}

Examples:
  carrier-sandbox
  carrier-sandbox --carrier posti,sendcloud --write-env .env
  carrier-sandbox --carrier posti --fault posti:token:unavailable:3
  carrier-sandbox --host 0.0.0.0 --allow-host sandbox --port 4430 --control-port 4400

Ends with exit code 0 after SIGINT or SIGTERM, 1 when a port is in use, 2 for wrong usage.`,
    )
    .allowExcessArguments(false)
    .showHelpAfterError('(see carrier-sandbox --help)')
    .configureOutput({ writeOut: write, writeErr: warn })
    .exitOverride((error) => {
      throw new CommanderError(error.exitCode === 0 ? 0 : 2, error.code, error.message)
    })
  const parsed = command.parse([...argv], { from: 'user' }).opts<Arguments>()
  const started = parsed.carrier ?? (DEFAULT_CARRIERS as readonly CarrierId[])
  const idle = parsed.fault.find(({ carrier }) => !started.includes(carrier))
  if (idle !== undefined) command.error(`error: --fault: ${idle.carrier} is not among the carriers that are started`)
  return parsed
}

function carriers(value: string): CarrierId[] {
  if (value === 'all') return [...CARRIER_IDS]
  return [...new Set(value.split(',').map((name) => carrier(name.trim())))]
}

function carrier(name: string): CarrierId {
  const id = carrierId(name)
  if (id === undefined)
    throw new InvalidArgumentError(`there is no carrier ${name}; there are ${CARRIER_IDS.join(', ')}.`)
  return id
}

function port(value: string): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('must be a port, 1 to 65535.')
  return number
}

function fault(value: string): FaultArgument {
  const [name = '', endpoint, kind = '', times, ...rest] = value.split(':')
  if (endpoint === undefined || kind === '' || rest.length > 0) {
    throw new InvalidArgumentError('must be carrier:endpoint:fault or carrier:endpoint:fault:times.')
  }
  const id = carrier(name)
  if (endpoint !== 'token' && endpoint !== 'api')
    throw new InvalidArgumentError(`there is no endpoint ${endpoint}; use token or api.`)
  if (!faultNames(endpoint).includes(kind)) {
    throw new InvalidArgumentError(`there is no fault ${kind}; there are ${faultNames(endpoint).join(', ')}.`)
  }
  if (times !== undefined && !/^[1-9]\d*$/.test(times))
    throw new InvalidArgumentError('times must be a whole number above 0.')
  return { carrier: id, endpoint, fault: kind, times: times === undefined ? undefined : Number(times) }
}
