import { carriers } from '@auth/core/carriers'
import tab from '@bomb.sh/tab/commander'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { listCarriers } from './commands/carriers.ts'
import type { CsrArguments } from './commands/csr.ts'
import type { DoctorArguments } from './commands/doctor.ts'
import { hashKey } from './commands/hash-key.ts'
import type { ProxyArguments } from './commands/proxy.ts'
import type { TokenArguments } from './commands/token.ts'
import { EXIT } from './failure.ts'
import type { Terminal } from './terminal.ts'

const VARIABLES = `
Credentials come from the environment, never from arguments: POSTI_PASSWORD holds the value, POSTI_PASSWORD_FILE names a
file, POSTI_PASSWORD_COMMAND a command that prints it. \`carrier-auth carriers posti\` lists the variables of a carrier.`

/** The command line. `done` gets the exit code of the command that was run, which is loaded only then. */
export function program(terminal: Terminal, done: (exitCode: number) => void): Command {
  const root = new Command('carrier-auth')
    .description('Checks and uses accounts at shipping carriers.')
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.warn })
    .showHelpAfterError('(see carrier-auth --help)')
    .exitOverride(asUsage)
    .addHelpText('after', HELP.root)

  account(
    sub(root, 'doctor', 'find out why an account does not work, without risking a login').argument(
      '<carrier>',
      'a carrier, or the file of your own strategy',
    ),
  )
    .option('--offline', 'send nothing')
    .option('--json', 'print one JSON document')
    .option('--probe <path>', 'a GET request that changes nothing, to check the API with')
    .option('--yes', 'log in even if several logins were rejected of late')
    .option('--forget', 'forget the remembered rejection first: the fault was at the carrier, and is mended')
    .addHelpText('after', HELP.doctor)
    .action(async (target: string, args: DoctorArguments) =>
      done(await (await import('./commands/doctor.ts')).doctor(target, args, terminal)),
    )

  account(sub(root, 'token', 'print an access token').argument('<carrier>'))
    .option('--yes', 'log in even if several logins were rejected of late')
    .addHelpText('after', HELP.token)
    .action(async (id: string, args: TokenArguments) =>
      done(await (await import('./commands/token.ts')).token(id, args, terminal)),
    )

  sub(root, 'csr', 'make a private key and a certificate signing request (RSA, 2048 bits)')
    .requiredOption('--common-name <name>', 'name of the subject, such as client.example.com')
    .requiredOption('--key <file>', 'where the private key goes; a new file, for you only')
    .requiredOption('--out <file>', 'where the signing request goes; a new file')
    .addHelpText('after', HELP.csr)
    .action(async (args: CsrArguments) => done(await (await import('./commands/csr.ts')).csr(args, terminal)))

  sub(root, 'hash-key', 'print the hash of the API key on standard input')
    .addHelpText('after', HELP.hashKey)
    .action(async () => done(await hashKey(terminal)))

  sub(root, 'carriers', 'list the carriers, or describe one')
    .argument('[carrier]')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP.carriers)
    .action((id: string | undefined, { json = false }: { json?: boolean }) => done(listCarriers(id, json, terminal)))

  account(sub(root, 'proxy', 'forward requests to a carrier, with its credentials attached').argument('<carrier>'))
    .addOption(new Option('--port <n>', 'port to listen on').argParser(port).default(8080))
    .option('--host <address>', 'address to listen on; others than loopback need --policy', '127.0.0.1')
    .option('--target <url>', 'where requests go (default: the first origin of the carrier)')
    .option('--policy <file>', 'module whose default export is a policy of @auth/core/verify')
    .addOption(new Option('--admin-port <n>', 'port of /health and /metrics').argParser(port).default(0, 'a free one'))
    .option('--admin-host <address>', 'address of /health and /metrics', '127.0.0.1')
    .addHelpText('after', HELP.proxy)
    .action(async (id: string, args: ProxyArguments) =>
      done(await (await import('./commands/proxy.ts')).proxy(id, args, terminal)),
    )

  complete(root)
  return root
}

function sub(root: Command, name: string, description: string): Command {
  return root.command(name).description(description).allowExcessArguments(false).copyInheritedSettings(root)
}

/** The options that say which account, and where. */
function account(command: Command): Command {
  return command
    .option('--environment <name>', "the carrier's environment")
    .option('--mode <name>', 'how the account is set up, where a carrier has several ways')
    .option('--origins <list>', 'origins of the API, separated by commas')
    .option('--token-endpoint <url>', 'where tokens come from')
    .option('--base-url <url>', 'the API, where a carrier has no host of its own')
    .option('--ca <file>', 'further trust anchors, PEM')
    .option('--store <url>', 'Redis with the tokens and rejections of your fleet, such as redis://localhost:6379')
}

/** `carrier-auth complete zsh` prints what the shell needs. */
function complete(root: Command): void {
  const completions = tab(root)
  for (const name of ['doctor', 'token', 'carriers', 'proxy']) {
    const command = completions.commands.get(name)
    const argument = command?.arguments.values().next().value
    if (argument !== undefined) {
      argument.handler = (add) => {
        for (const { id, title } of carriers) add(id, title)
      }
    }
  }
}

function asUsage(error: CommanderError): never {
  throw new CommanderError(error.exitCode === 0 ? EXIT.healthy : EXIT.usage, error.code, error.message)
}

function port(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) > 65_535) throw new InvalidArgumentError('must be a port, 0 to 65535.')
  return Number(value)
}

const HELP = {
  root: `
Examples:
  carrier-auth doctor posti
  carrier-auth carriers nz-post
  carrier-auth proxy sendcloud --port 8080
  source <(carrier-auth complete zsh)

Exit codes: 0 healthy, 1 a fault was found, 2 wrong usage, 3 could not be decided.`,
  doctor: `${VARIABLES}

Examples:
  carrier-auth doctor posti
  carrier-auth doctor sendcloud --mode oauth2 --json
  carrier-auth doctor easypost-connect --offline
  carrier-auth doctor ups --store redis://localhost:6379
  carrier-auth doctor ./src/carrier.ts
  node --env-file=.env node_modules/.bin/carrier-auth doctor posti`,
  token: `${VARIABLES}

Examples:
  carrier-auth token posti
  curl -H "Authorization: Bearer $(carrier-auth token posti)" https://api.posti.fi/`,
  csr: `
Example:
  carrier-auth csr --common-name client.example.com --key client.key --out client.csr`,
  hashKey: `
Examples:
  carrier-auth hash-key < key.txt
  printf %s "$API_KEY" | carrier-auth hash-key`,
  carriers: `
Examples:
  carrier-auth carriers
  carrier-auth carriers fedex --json`,
  proxy: `${VARIABLES}

Examples:
  carrier-auth proxy posti
  curl http://127.0.0.1:8080/estimation/v1/estimates
  carrier-auth proxy ups --host 0.0.0.0 --policy ./policy.js --admin-port 9090`,
} as const
