import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { authErrorOf, type Strategy, type TokenStore } from '@auth/core'
import { EXIT, Failure } from '../failure.ts'
import { ledger } from '../memory/ledger.ts'
import { fail, pass } from './check.ts'
import type { Prepared } from './subject.ts'

const HOUR = 60 * 60 * 1000

/** Whether a target is a file rather than a carrier. */
export function isFile(target: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(target)
}

/** Loads the user's own strategy: the default export of a module, or the only strategy among its exports. */
export async function prepareModule(file: string, store: TokenStore, ca?: string): Promise<Prepared> {
  const base = { name: file, secrets: [] }
  try {
    const strategy = strategyIn(await importFile(file), file)
    // Which credentials it has, it does not tell: a rejection stands for the module until it is forgotten.
    const account = JSON.stringify([resolve(file), strategy.id, strategy.origins])
    return {
      ...base,
      configuration: pass(`${file}: strategy ${strategy.id} for ${strategy.origins.join(', ')}`),
      subject: {
        strategy,
        observed: { events: [] },
        watched: false,
        trust: ca === undefined ? {} : { ca },
        ledger: ledger({ store, account, credentials: account, window: HOUR }),
      },
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    const failure = authErrorOf(error)
    if (failure !== undefined)
      return { ...base, configuration: fail(`${file}: ${failure.message}`, 'correct the option') }
    // A message of another program may quote what it likes.
    const { code, name } = error as NodeJS.ErrnoException
    return { ...base, configuration: fail(`${file} ends with ${code ?? name}`, `run it by itself: node ${file}`) }
  }
}

/** @throws Failure when there is no such file, or Node cannot load it. */
export async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(resolve(file)).href
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    const { code, url: missing } = error as NodeJS.ErrnoException & { url?: string }
    if (code === 'ERR_MODULE_NOT_FOUND' && (missing === undefined || missing === url)) {
      throw new Failure(`there is no file ${file}`, EXIT.usage)
    }
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new Failure(
        `${file}: this Node cannot load TypeScript; use Node 22.18 or later, or the compiled file`,
        EXIT.usage,
      )
    }
    throw error
  }
}

function strategyIn(module: Readonly<Record<string, unknown>>, file: string): Strategy {
  const isStrategy = (value: unknown): value is Strategy =>
    typeof (value as Strategy | undefined)?.authorize === 'function' && Array.isArray((value as Strategy).origins)
  if (isStrategy(module.default)) return module.default
  const all = Object.values(module).filter(isStrategy)
  if (all.length === 1) return all[0] as Strategy
  const found = all.length === 0 ? 'exports no strategy' : `exports ${all.length} strategies`
  throw new Failure(`${file} ${found}: make the one to check its default export`, EXIT.usage)
}
