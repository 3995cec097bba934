import { readFileSync } from 'node:fs'
import type { Carrier } from '@auth/core/carriers'
import { Failure } from '../failure.ts'
import { type Setting, settingsOf } from './settings.ts'
import { readVariable, type Sourced, SourceError } from './sources.ts'

/** Options on the command line, which go before the environment's. Never credentials. */
export interface Overrides {
  readonly mode?: string
  readonly environment?: string
  readonly origins?: string
  readonly tokenEndpoint?: string
  readonly baseUrl?: string
  /** A file, or the PEM itself. */
  readonly ca?: string
}

export const OVERRIDES = ['mode', 'environment', 'origins', 'tokenEndpoint', 'baseUrl', 'ca'] as const

export interface Value extends Setting, Sourced {}

/** What the environment says about an account. */
export interface Configuration {
  readonly carrier: Carrier
  readonly values: readonly Value[]
  readonly missing: readonly Setting[]
  readonly unreadable: readonly SourceError[]
  /** Variables that look as if they were meant for this carrier, and that nobody reads. */
  readonly unknown: readonly string[]
  readonly credentials: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
}

/**
 * Reads credentials and options of an account, from the environment and the command line.
 *
 * @throws Failure for an option that the carrier does not take.
 */
export async function readConfiguration(
  carrier: Carrier,
  env: Readonly<Record<string, string | undefined>>,
  overrides: Overrides,
): Promise<Configuration> {
  const settings = settingsOf(carrier)
  for (const name of OVERRIDES) {
    if (overrides[name] !== undefined && !settings.some(({ path }) => path[0] === name && path.length === 1)) {
      throw new Failure(`--${kebab(name)}: ${carrier.id} has no such option`, 2)
    }
  }
  const values: Value[] = []
  const missing: Setting[] = []
  const unreadable: SourceError[] = []
  for (const setting of settings) {
    try {
      const found = overriding(setting, overrides) ?? (await readVariable(setting.variable, env))
      if (found !== undefined) values.push({ ...setting, ...found })
      else if (setting.required) missing.push(setting)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      unreadable.push(error)
    }
  }
  return {
    carrier,
    values,
    missing,
    unreadable,
    unknown: unknownVariables(carrier.id, settings, env),
    credentials: objectOf(values.filter(({ kind }) => kind === 'credential')),
    options: objectOf(values.filter(({ kind }) => kind === 'option')),
  }
}

function overriding({ kind, path }: Setting, overrides: Overrides): Sourced | undefined {
  const name = OVERRIDES.find((one) => kind === 'option' && one === path[0])
  const value = name === undefined ? undefined : overrides[name]
  if (name === undefined || value === undefined) return undefined
  const source = `--${kebab(name)}`
  return name === 'ca' ? { value: anchorsIn(value), source } : { value, source }
}

/** @throws Failure when the file cannot be read. */
export function anchorsIn(value: string): string {
  if (value.includes('-----BEGIN')) return value
  try {
    return readFileSync(value, 'utf8')
  } catch (error) {
    throw new Failure(`--ca: ${value} cannot be read (${(error as NodeJS.ErrnoException).code})`, 2)
  }
}

function objectOf(values: readonly Value[]): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const { path, value, list } of values) {
    const [name = '', part] = path
    if (part === undefined) all[name] = list === true ? listOf(value) : structured(value)
    else all[name] = { ...(all[name] as object | undefined), [part]: value }
  }
  return all
}

function listOf(value: string): string[] {
  return value.split(',').map((one) => one.trim())
}

/** Options that are objects are JSON. */
function structured(value: string): unknown {
  if (!/^\s*\{/.test(value)) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value
  }
}

function unknownVariables(id: string, settings: readonly Setting[], env: Readonly<Record<string, unknown>>): string[] {
  const prefix = `${id.replaceAll('-', '_').toUpperCase()}_`
  const known = new Set(settings.flatMap(({ variable }) => ['', '_FILE', '_COMMAND'].map((end) => variable + end)))
  return Object.keys(env).filter((name) => name.startsWith(prefix) && !known.has(name))
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
