import type { AuthRequest, Credentials, Layer } from './layer.ts'
import { isThenable, type MaybePromise } from './lib/maybe-promise.ts'

const NOTHING: Credentials = Object.freeze({})

/** What a layer gives for one request; nothing where the caller has set its header himself. */
type Part = Credentials | undefined

/** Told of a layer whose header the caller has set. */
export type CallerHeaderListener = (header: string, request: AuthRequest) => void

/** Asks the layers for their parts of a request's credentials; synchronous when every layer is. */
export function collector(
  layers: readonly Layer[],
  onCallerHeader?: CallerHeaderListener,
): (request: AuthRequest) => MaybePromise<Credentials> {
  /** The caller's own header wins, and saves the token that nobody would send. */
  const contribution = (layer: Layer, request: AuthRequest): MaybePromise<Part> => {
    if (layer.header === undefined || !isSet(request.headers, layer.header)) return layer.authorize(request)
    onCallerHeader?.(layer.header, request)
    return undefined
  }
  let lastParts: readonly Part[] = layers.map(() => undefined)
  let last = NOTHING

  const merge = (parts: readonly Part[]): Credentials => {
    if (layers.every((_, i) => parts[i] === lastParts[i])) return last
    lastParts = parts
    last = parts.length === 1 ? (parts[0] ?? NOTHING) : merged(parts)
    return last
  }

  /** Collects from the layer on whose part differs from its last; those before it have given theirs. */
  const collectFrom = (request: AuthRequest, first: number, part: MaybePromise<Part>): MaybePromise<Credentials> => {
    const parts = lastParts.slice(0, first)
    const pending: Promise<void>[] = []
    const add = (i: number, part: MaybePromise<Part>): void => {
      parts[i] = undefined
      if (isThenable(part)) {
        pending.push(
          Promise.resolve(part).then((credentials) => {
            parts[i] = credentials
          }),
        )
      } else {
        parts[i] = part
      }
    }
    try {
      add(first, part)
      for (let i = first + 1; i < layers.length; i++) add(i, contribution(layers[i] as Layer, request))
    } catch (error) {
      for (const promise of pending) promise.catch(() => {})
      throw error
    }
    return pending.length === 0 ? merge(parts) : Promise.all(pending).then(() => merge(parts))
  }

  return (request) => {
    for (let i = 0; i < layers.length; i++) {
      const part = contribution(layers[i] as Layer, request)
      // Warm, every layer gives what it gave last, and the whole is the same object: nothing is built.
      if (part !== lastParts[i]) return collectFrom(request, i, part)
    }
    return last
  }
}

/** A header may have the name of what every object has, such as `constructor`. */
function isSet(headers: AuthRequest['headers'], name: string): boolean {
  return headers[name] !== undefined && Object.hasOwn(headers, name)
}

function merged(parts: readonly Part[]): Credentials {
  const present = parts.filter((part) => part !== undefined)
  const headers = Object.assign({}, ...present.map((part) => part.headers))
  const query = Object.assign({}, ...present.map((part) => part.query))
  const tls = present.map((part) => part.tls).findLast((identity) => identity !== undefined)
  return Object.freeze({
    ...(Object.keys(headers).length > 0 && { headers: Object.freeze(headers) }),
    ...(Object.keys(query).length > 0 && { query: Object.freeze(query) }),
    ...(tls !== undefined && { tls }),
  })
}
