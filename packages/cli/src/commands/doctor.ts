import { styleText } from 'node:util'
import { carrierNamed } from '../carrier.ts'
import { anchorsIn, type Overrides, readConfiguration } from '../configuration/read.ts'
import type { Check, CheckState } from '../doctor/check.ts'
import { diagnose } from '../doctor/doctor.ts'
import { prepareCarrier } from '../doctor/prepare-carrier.ts'
import { isFile, prepareModule } from '../doctor/prepare-module.ts'
import { EXIT } from '../failure.ts'
import { masker } from '../mask.ts'
import { openStore } from '../memory/open-store.ts'
import type { Terminal } from '../terminal.ts'

export interface DoctorArguments extends Overrides {
  readonly offline?: boolean
  readonly json?: boolean
  readonly yes?: boolean
  readonly forget?: boolean
  readonly store?: string
  readonly probe?: string
}

const CODES = { healthy: EXIT.healthy, fault: EXIT.fault, undecided: EXIT.undecided } as const

/** Yields the exit code. */
export async function doctor(target: string, args: DoctorArguments, terminal: Terminal): Promise<number> {
  const { env } = terminal
  const carrier = isFile(target) ? undefined : carrierNamed(target)
  const configuration = carrier && (await readConfiguration(carrier, env, args))
  const { store, close } = await openStore(args.store, env)
  try {
    const prepared =
      configuration === undefined
        ? await prepareModule(target, store, args.ca && anchorsIn(args.ca))
        : prepareCarrier(configuration, store)
    if (args.forget === true) {
      await prepared.subject?.strategy.reset()
      await prepared.subject?.ledger.forget()
    }
    const mask = masker(prepared.secrets)
    const clean = (check: Check): Check => ({
      ...check,
      summary: mask(oneLine(check.summary)),
      fix: check.fix === null ? null : mask(oneLine(check.fix)),
    })
    const diagnosis = await diagnose(prepared, {
      offline: args.offline === true,
      permission: { given: args.yes === true, ...(args.json !== true && terminal.ask && { ask: terminal.ask }) },
      env,
      probe: args.probe,
      onCheck: (check) => {
        if (args.json !== true) terminal.write(lineOf(clean(check)))
      },
    })
    const { verdict, logins } = diagnosis
    if (args.json === true) {
      terminal.write(`${JSON.stringify({ ...diagnosis, checks: diagnosis.checks.map(clean) }, null, 2)}\n`)
    } else {
      const used = logins === 0 ? 'no login was used' : `${logins} ${logins === 1 ? 'login was' : 'logins were'} used`
      terminal.write(`\n${target}: ${VERDICTS[verdict]}; ${used}\n`)
    }
    return CODES[verdict]
  } finally {
    await close()
  }
}

const VERDICTS = { healthy: 'healthy', fault: 'a fault was found', undecided: 'could not be decided' } as const

const COLORS = {
  pass: 'green',
  warn: 'yellow',
  fail: 'red',
  skipped: 'gray',
  inconclusive: 'magenta',
} as const satisfies Record<CheckState, string>

/** The state is a word: colors alone say nothing to many people, and to no file. */
function lineOf({ id, state, summary, fix }: Check): string {
  const word = styleText(COLORS[state], state.padEnd(12), { stream: process.stdout })
  return `${word}  ${id.padEnd(13)}  ${summary}\n${fix === null ? '' : `${' '.repeat(29)}→ ${fix}\n`}`
}

/** What steers a terminal is left out: some of the text is the server's. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
