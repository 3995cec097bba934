import QuickLRU from 'quick-lru'
import { type Clock, systemClock } from '../../clock.ts'
import { ConfigurationError } from '../../errors.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import {
  type Check,
  type Checks,
  checkOptions,
  choice,
  integer,
  kindOf,
  methods,
  must,
  required,
  shape,
  text,
} from '../../lib/options.ts'
import { nodeCrypto, sha256 } from '../../runtime/crypto.ts'
import { nonEmpty, type SecretInput } from '../../secret.ts'
import type { Decision, Policy } from '../decision.ts'
import type { LayerIdentity } from '../identity.ts'
import type { InboundRequest } from '../request.ts'
import type { SecurityScheme } from '../security-scheme.ts'
import { WALL_CLOCK } from './client-certificate.ts'
import { LAYER_OPTIONS, type LayerOptions, layerDecisions, layerPolicy } from './layer.ts'

/** Remembers what was delivered, so that a copy of it is refused. A shared one serves several processes. */
export interface ReplayStore {
  /** Keeps `id` for `ms`; `false` when it is there already. When it throws, the request is answered with 503. */
  add(id: string, ms: number): MaybePromise<boolean>
}

/** How a sender signs; all of it can be given in one preset. */
export interface SignatureFormat {
  /** The header that carries the signature. */
  readonly header: string
  /** How the HMAC is written. Default `hex`. */
  readonly encoding?: 'hex' | 'base64' | undefined
  /** What stands before it, such as `sha256=`. Default: nothing. */
  readonly prefix?: string | undefined
  /** Names of the parameters, where one header carries timestamp and signature as `t=…,v1=…`. Default: it does not. */
  readonly parameters?: { readonly timestamp: string; readonly signature: string } | undefined
  /** The header that carries the timestamp, in seconds or ms since the epoch. Default: no timestamp. */
  readonly timestampHeader?: string | undefined
  /** How the sender normalises the secret (Unicode) before it is used as key. Default: not at all. */
  readonly secretForm?: 'NFKD' | undefined
}

export interface SignatureOptions extends SignatureFormat, LayerOptions {
  /** The shared secret, or a function that gives it; several while one is rotated. */
  readonly secrets: SecretInput | readonly SecretInput[]
  /** Who the sender is. */
  readonly party: string
  /** Seconds that the timestamp may be off, either way. Default 300. */
  readonly tolerance?: number | undefined
  /** What a second delivery of the same bytes means. Default `refuse` where there is a timestamp, else `allow`. */
  readonly replay?: 'refuse' | 'allow' | undefined
  /** Where deliveries are remembered. Default: the last 10 000 in memory. */
  readonly replayStore?: ReplayStore | undefined
  /** The longest body, in bytes; a longer one is answered with 413. Default 1 MiB. */
  readonly limit?: number | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

/** Who signed a request. */
export interface SignatureIdentity extends LayerIdentity {
  /** Epoch ms; absent where the sender gives none. */
  readonly signedAt?: number
}

const headerName: Check = must(
  'the name of a header',
  (value) => typeof value === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(value),
)
const secretList: Check = (value, option) => {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new ConfigurationError(option, `must hold at least one secret, not ${kindOf(value)}`)
  for (const secret of list) if (typeof secret !== 'function') nonEmpty(secret, option)
}

const OPTIONS = {
  ...LAYER_OPTIONS,
  header: required(headerName),
  encoding: choice('hex', 'base64'),
  prefix: text,
  parameters: shape<NonNullable<SignatureFormat['parameters']>>({
    timestamp: required(text),
    signature: required(text),
  }),
  timestampHeader: headerName,
  secretForm: choice('NFKD'),
  secrets: required(secretList),
  party: required(text),
  tolerance: integer(1),
  replay: choice('refuse', 'allow'),
  replayStore: methods('an object with the method add', 'add'),
  limit: integer(1),
  clock: WALL_CLOCK,
} satisfies Checks<SignatureOptions>

/**
 * A policy for webhooks: an HMAC-SHA256 over the raw body, and over `timestamp.body` where there is a timestamp. The
 * body can still be read afterwards. Put it before body parsers, or let them keep the bytes (`rawBody`): a body that was
 * parsed too early is answered with 503, and `detail` says so.
 *
 * @throws ConfigurationError for a wrong or missing option.
 *
 * @example
 * app.post('/hooks', requireAuth(signature({ ...sendcloudSignature, secrets: () => vault.read('key'), party: 'sendcloud' })))
 */
export function signature(options: SignatureOptions): Policy {
  checkOptions(options, OPTIONS, 'signature')
  const { party, encoding = 'hex', prefix = '', tolerance = 300, limit = MEBIBYTE, clock = systemClock } = options
  const { name = 'signature', realm = 'api', secretForm } = options
  const timed = options.parameters !== undefined || options.timestampHeader !== undefined
  const { replay = timed ? 'refuse' : 'allow', replayStore = memoryReplayStore() } = options
  if (options.parameters !== undefined && options.timestampHeader !== undefined) {
    throw new ConfigurationError('timestampHeader', 'must not be given beside `parameters`, which has a timestamp')
  }
  const secrets = [options.secrets].flat() as SecretInput[]
  const via = options.header.toLowerCase()
  const decisions = layerDecisions(name, via, { scheme: 'Signature', parameters: { realm, header: via } })
  const { accept, refuse } = decisions
  const read = signedParts(via, options)
  const scheme: SecurityScheme = {
    type: 'apiKey',
    in: 'header',
    name: via,
    description: `HMAC-SHA256 (${encoding}) over ${timed ? 'timestamp, a dot and ' : ''}the raw body`,
  }

  const keys = async (): Promise<string[]> => {
    const found = await Promise.all(secrets.map((secret) => (typeof secret === 'function' ? secret() : secret)))
    return found.map((secret) => {
      nonEmpty(secret, 'secrets')
      return secretForm === undefined ? secret : secret.normalize(secretForm)
    })
  }

  const verify = async (request: InboundRequest, parts: SignedParts): Promise<Decision> => {
    const reading = await request.readBody?.(limit)
    if (reading === undefined || ('problem' in reading && reading.problem === 'consumed')) {
      return refuse('undecided', 'body_consumed', { detail: BODY_CONSUMED })
    }
    if ('problem' in reading) return refuse('too_large', 'too_large')
    const { createHmac, timingSafeEqual } = nodeCrypto()
    const presented = parts.signatures.flatMap((text) => decodeHmac(text, prefix, encoding) ?? [])
    if (presented.length === 0) return refuse('invalid', 'malformed', { detail: `${via} holds no HMAC-SHA256` })
    let matches = false
    for (const key of await keys()) {
      const hmac = createHmac('sha256', key)
      if (parts.timestamp !== undefined) hmac.update(`${parts.timestamp}.`)
      const expected = hmac.update(reading.bytes).digest()
      // Every pair is compared: which secret it was does not show in the time.
      for (const one of presented) matches = timingSafeEqual(one, expected) || matches
    }
    if (!matches) return refuse('invalid', 'signature')
    if (replay === 'refuse') {
      const id = sha256(
        Buffer.concat([Buffer.from(`${party}\n${parts.timestamp ?? ''}\n`), reading.bytes]),
        'base64url',
      )
      if ((await replayStore.add(id, 2 * tolerance * 1000)) !== true) return refuse('invalid', 'replayed')
    }
    const identity: SignatureIdentity = {
      party,
      scope: [],
      ...(parts.signedAt !== undefined && { signedAt: parts.signedAt }),
    }
    return accept(identity)
  }

  return layerPolicy(name, decisions, scheme, (request) => {
    const parts = read(request)
    if ('reason' in parts) {
      return parts.reason === 'missing'
        ? refuse('missing', 'missing')
        : refuse('bad_request', parts.reason, { detail: parts.detail })
    }
    if (parts.signedAt !== undefined) {
      const off = clock.now() - parts.signedAt
      if (off > tolerance * 1000) return refuse('invalid', 'expired')
      if (-off > tolerance * 1000) return refuse('invalid', 'not_yet_valid')
    }
    return verify(request, parts)
  })
}

const MEBIBYTE = 2 ** 20

const BODY_CONSUMED =
  'the body was parsed before the signature was checked: put this policy before body parsers, or keep `rawBody`'

interface SignedParts {
  readonly signatures: readonly string[]
  /** As it was sent, and signed. */
  readonly timestamp?: string
  /** Epoch ms. */
  readonly signedAt?: number
}

interface Unreadable {
  readonly reason: 'missing' | 'malformed' | 'duplicate_header'
  readonly detail: string
}

function signedParts(via: string, options: SignatureFormat): (request: InboundRequest) => SignedParts | Unreadable {
  const { parameters } = options
  const timestampHeader = options.timestampHeader?.toLowerCase()
  const malformed = (detail: string): Unreadable => ({ reason: 'malformed', detail })
  const timed = (signatures: readonly string[], timestamp: string): SignedParts | Unreadable => {
    const signedAt = epochOf(timestamp)
    return signedAt === undefined ? malformed('the timestamp is no time') : { signatures, timestamp, signedAt }
  }
  return (request) => {
    const lines = request.header(via)
    if (lines.length === 0 || (lines.length === 1 && lines[0] === '')) return { reason: 'missing', detail: '' }
    if (parameters !== undefined) {
      // A list: repeated lines, and those that Fetch has joined, are one with more members.
      const pairs = lines
        .join(',')
        .split(',')
        .map((pair) => pair.trim())
      const valuesOf = (wanted: string): string[] =>
        pairs.filter((pair) => pair.startsWith(`${wanted}=`)).map((pair) => pair.slice(wanted.length + 1))
      const [timestamp, second] = valuesOf(parameters.timestamp)
      const signatures = valuesOf(parameters.signature)
      if (timestamp === undefined || second !== undefined) return malformed(`${via} has not exactly one timestamp`)
      if (signatures.length === 0 || signatures.length > MOST_SIGNATURES) return malformed(`${via} has no signature`)
      return timed(signatures, timestamp)
    }
    if (lines.length > 1) return { reason: 'duplicate_header', detail: `${via} came twice` }
    if (timestampHeader === undefined) return { signatures: lines }
    const [timestamp, second] = request.header(timestampHeader)
    if (second !== undefined) return { reason: 'duplicate_header', detail: `${timestampHeader} came twice` }
    return timestamp === undefined ? malformed(`${timestampHeader} is missing`) : timed(lines, timestamp)
  }
}

/** Signatures in one header that are compared. */
const MOST_SIGNATURES = 10

/** Seconds, or ms where it has 13 digits. */
function epochOf(timestamp: string): number | undefined {
  if (!/^\d{1,13}$/.test(timestamp)) return undefined
  return timestamp.length === 13 ? Number(timestamp) : Number(timestamp) * 1000
}

function decodeHmac(text: string, prefix: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined
  const digits = text.slice(prefix.length)
  const pattern = encoding === 'hex' ? /^[0-9a-f]{64}$/i : /^[A-Za-z0-9+/]{43}=$/
  return pattern.test(digits) ? Buffer.from(digits, encoding) : undefined
}

const MOST_DELIVERIES = 10_000

function memoryReplayStore(): ReplayStore {
  const seen = new QuickLRU<string, true>({ maxSize: MOST_DELIVERIES })
  return {
    add(id, ttl) {
      if (seen.has(id)) return false
      seen.set(id, true, { maxAge: ttl })
      return true
    },
  }
}
