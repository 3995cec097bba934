import { type AuthEvent, ConfigurationError, type Strategy, type TokenStore } from '@auth/core'
import type { Carrier } from '@auth/core/carriers'
import { environmentOf, tokenEndpointOf } from '../carrier.ts'
import type { Configuration, Value } from '../configuration/read.ts'
import { fingerprint } from '../configuration/sources.ts'
import { suspicionOf } from '../configuration/suspicions.ts'
import { ledger } from '../memory/ledger.ts'
import type { Identity } from './certificate.ts'
import { type Finding, fail, pass, warn } from './check.ts'
import type { Prepared, Subject } from './subject.ts'

const HOUR = 60 * 60 * 1000

/** Looks at the configuration of a carrier's account, and makes the strategy that a program would make of it. */
export function prepareCarrier(configuration: Configuration, store: TokenStore): Prepared {
  const { carrier, values, credentials } = configuration
  const secrets = values.filter(({ kind }) => kind === 'credential').map(({ value }) => value)
  const tls = Object.entries(carrier.profile.secrets).find(([, rule]) => typeof rule === 'object' && 'tls' in rule)
  const identity = tls === undefined ? undefined : ((credentials[tls[0]] ?? {}) as Identity)
  const base = { name: carrier.id, identity, secrets }
  const problem = problemWith(configuration)
  if (problem?.state === 'fail') return { ...base, configuration: problem }
  try {
    const subject = subjectOf(configuration, identity, store)
    const found = `${values.map(shown).join(', ')}${environmentNote(configuration)}`
    return { ...base, configuration: problem ?? pass(found), subject }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    // What is wrong with the certificate, its own check says better.
    if (tls !== undefined && error.option.startsWith(tls[0])) {
      return { ...base, configuration: pass(values.map(shown).join(', ')) }
    }
    return { ...base, configuration: fail(error.message, whereToSet(configuration, error.option)) }
  }
}

function problemWith({ carrier, values, missing, unreadable, unknown }: Configuration): Finding | undefined {
  const [first] = unreadable
  if (first !== undefined) return fail(first.message, first.fix)
  const suspicious = values.flatMap((value) => {
    const suspicion = suspicionOf(value.value, /-----BEGIN|\.(?:cert|key)$/.test(value.value) || isPem(value))
    return suspicion === undefined ? [] : [{ ...suspicion, summary: `${value.source} ${suspicion.problem}` }]
  })
  const fault = suspicious.find(({ state }) => state === 'fail')
  if (fault !== undefined) return fail(fault.summary, fault.fix)
  if (missing.length > 0) {
    const names = missing.map(({ variable }) => variable).join(', ')
    const places = missing.map(({ path: [name = ''] }) => carrier.about.credentials[name]).filter(Boolean)
    const other = unknown.length === 0 ? '' : ` (${unknown.join(', ')} is set, and nobody reads it)`
    return fail(
      `${names} ${missing.length === 1 ? 'is' : 'are'} not set${other}`,
      `set ${missing.length === 1 ? 'it' : 'them'}, or …_FILE or …_COMMAND. Found in: ${[...new Set(places)].join('; ')}`,
    )
  }
  const [doubt] = suspicious
  return doubt === undefined ? undefined : warn(doubt.summary, doubt.fix)
}

function subjectOf(configuration: Configuration, identity: Identity | undefined, store: TokenStore): Subject {
  const { carrier, values, credentials, options } = configuration
  const events: AuthEvent[] = []
  const create = (more: object): Strategy => carrier.create(credentials, { ...options, ...more })
  const strategy = create({ store, onEvent: (event: AuthEvent) => void events.push(event) })
  const endpoint = tokenEndpointOf(carrier, options)
  const { lockout = HOUR } = carrier.profile.token ?? {}
  const [account] = values.filter(({ kind }) => kind === 'credential')
  const ca = typeof options.ca === 'string' ? options.ca : undefined
  return {
    strategy,
    observed: { events },
    watched: true,
    tokenOrigin: endpoint === undefined ? undefined : new URL(endpoint).origin,
    about: carrier.about,
    hint: carrier.profile.hint?.(options),
    environment: environmentOf(carrier, options),
    trust: {
      ...(identity?.cert !== undefined && identity.key !== undefined && pair(identity)),
      ...(ca !== undefined && { ca: ca.replaceAll('\\n', '\n') }),
    },
    ledger: ledger({
      store,
      account: JSON.stringify([carrier.id, strategy.origins, account && fingerprint(account.value)]),
      credentials: JSON.stringify(credentials),
      window: Math.max(typeof lockout === 'number' ? lockout : lockout.max, HOUR),
    }),
    wouldLogIn: () => wouldLogIn(create, store),
  }
}

function pair({ cert = '', key = '', passphrase }: Identity): object {
  const lines = (pem: string): string => pem.replaceAll('\\n', '\n')
  return { cert: lines(cert), key: lines(key), ...(passphrase !== undefined && { passphrase }) }
}

/** Tries it with a token endpoint that is not there, on a copy of the store that forgets what it is told. */
async function wouldLogIn(create: (more: object) => Strategy, store: TokenStore): Promise<boolean> {
  let asked = false
  const fetch = async (): Promise<Response> => {
    asked = true
    return Response.json({ error: 'invalid_client' }, { status: 401 })
  }
  const readOnly: TokenStore = {
    ...(store.shared !== undefined && { shared: store.shared }),
    get: (key) => store.get(key),
    set: () => 'unwritten',
    lease: () => ({ startsIn: 0, renew: () => true, release: () => {} }),
  }
  await create({ store: readOnly, fetch })
    .ready()
    .catch(() => {})
  return asked
}

function shown({ variable, source, value, kind }: Value): string {
  const from = source === variable ? '' : ` from ${source}`
  return kind === 'credential' ? `${variable}${from} #${fingerprint(value)}` : `${variable}${from}`
}

function environmentNote({ carrier, options }: Configuration): string {
  const environment = environmentOf(carrier, options)
  if (environment === undefined) return ''
  const given = carrier.selectedBy !== undefined && options[carrier.selectedBy] !== undefined
  return `; ${carrier.selectedBy} ${environment}${given ? '' : ', the default'}`
}

function whereToSet({ values, carrier }: Configuration, option: string): string {
  const [root = option] = option.split('.')
  const value = values.find(({ path }) => path[0] === root)
  return value === undefined ? `set ${variableOf(carrier, root)}` : `correct ${value.source}`
}

function variableOf(carrier: Carrier, option: string): string {
  return `${carrier.id.replaceAll('-', '_')}_${option.replace(/[A-Z]/g, '_$&')}`.toUpperCase()
}

function isPem({ path }: Value): boolean {
  return path.includes('cert') || path.includes('key') || path.includes('ca')
}
