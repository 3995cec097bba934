import { fingerprint } from './fingerprint.ts'

/** Secrets that are masked wherever they occur, in whatever encoding. */
export interface KnownSecrets {
  /** Short ones are left out: they would be found by chance in half of all texts. */
  add(secret: string): void
  /** Puts a fingerprint in the place of each secret. */
  mask(text: string): string
}

interface Span {
  readonly start: number
  readonly end: number
  readonly shown: string
}

/** A text after decoding, one character a byte, and where in the text each byte comes from. */
interface View {
  readonly bytes: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

const SHORTEST = 6
// Percent-encoding (once or more often), JSON escapes, XML entities; everything else stands for itself.
const UNIT =
  /%(?:25)*([0-9a-f]{2})|\\u([0-9a-f]{4})|\\(["\\/])|&(amp|lt|gt|quot|apos);|&#(x?)([0-9a-f]{1,6});|\p{Any}/giu
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const BASE64 = /[A-Za-z0-9+/_-]{8,}/g
const HEX = /[0-9a-f]{12,}/gi

/** The cost of masking grows with the text, not with the number of secrets. */
export function knownSecrets(): KnownSecrets {
  const byStart = new Map<string, Set<string>>()

  /** Secrets in a text of bytes: where each starts and ends. */
  function* found(bytes: string): Generator<{ secret: string; from: number; to: number }> {
    for (let from = 0; from + SHORTEST <= bytes.length; from++) {
      for (const secret of byStart.get(bytes.slice(from, from + SHORTEST)) ?? []) {
        if (bytes.startsWith(secret, from)) yield { secret, from, to: from + secret.length }
      }
    }
  }
  const plain = ({ bytes, starts, ends }: View): Span[] =>
    Array.from(found(bytes), ({ secret, from, to }) => ({
      start: starts[from] ?? 0,
      end: ends[to - 1] ?? 0,
      shown: fingerprint(Buffer.from(secret, 'latin1').toString()),
    }))
  /** Runs of characters that hold a secret once they are decoded: a run is masked as a whole. */
  const encoded = ({ bytes, starts, ends }: View): Span[] =>
    [...runs(bytes, BASE64, 4, 'base64'), ...runs(bytes, HEX, 2, 'hex')].flatMap(({ from, to, decoded }) => {
      const [first] = found(decoded)
      return first === undefined
        ? []
        : [{ start: starts[from] ?? 0, end: ends[to - 1] ?? 0, shown: fingerprint(bytes.slice(from, to)) }]
    })

  return {
    add(secret) {
      const bytes = Buffer.from(secret).toString('latin1')
      if (bytes.length < SHORTEST) return
      const start = bytes.slice(0, SHORTEST)
      const secrets = byStart.get(start) ?? new Set()
      byStart.set(start, secrets.add(bytes))
    },
    mask(text) {
      const views = [view(text, literal), view(text, unescaped), view(text, formDecoded)]
      return replaced(
        text,
        views.flatMap((one) => [...plain(one), ...encoded(one)]),
      )
    },
  }
}

function* runs(bytes: string, pattern: RegExp, group: number, encoding: 'base64' | 'hex') {
  for (const match of bytes.matchAll(pattern)) {
    const [run] = match
    // What stands before the secret may belong to the same alphabet: a slash, for one.
    for (let skipped = 0; skipped < group; skipped++) {
      const decoded = Buffer.from(run.slice(skipped), encoding).toString('latin1')
      yield { from: match.index, to: match.index + run.length, decoded }
    }
  }
}

function view(text: string, decode: (unit: RegExpMatchArray) => Buffer): View {
  const parts: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  for (const unit of text.matchAll(UNIT)) {
    const bytes = decode(unit).toString('latin1')
    parts.push(bytes)
    for (const _ of bytes) {
      starts.push(unit.index)
      ends.push(unit.index + unit[0].length)
    }
  }
  return { bytes: parts.join(''), starts, ends }
}

const literal = ([unit]: RegExpMatchArray): Buffer => Buffer.from(unit)
const formDecoded = (unit: RegExpMatchArray): Buffer => (unit[0] === '+' ? Buffer.from(' ') : unescaped(unit))

function unescaped([unit, percent, json, escaped, entity, x, code]: RegExpMatchArray): Buffer {
  if (percent !== undefined) return Buffer.from(percent, 'hex')
  if (json !== undefined) return Buffer.from(String.fromCharCode(Number.parseInt(json, 16)))
  if (escaped !== undefined) return Buffer.from(escaped)
  if (entity !== undefined) return Buffer.from(ENTITIES[entity.toLowerCase()] ?? unit)
  const point = code === undefined ? Number.NaN : Number.parseInt(code, x === '' ? 10 : 16)
  return Buffer.from(point <= 0x10_ffff ? String.fromCodePoint(point) : unit)
}

/** Where spans overlap, they are replaced as one. */
function replaced(text: string, spans: readonly Span[]): string {
  let result = ''
  let end = 0
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (span.start >= end) result += text.slice(end, span.start) + span.shown
    end = Math.max(end, span.end)
  }
  return result + text.slice(end)
}
