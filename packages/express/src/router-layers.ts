// What the routers of Express 4 and 5 keep of what was declared, as far as it is looked at.

export interface RouterLike {
  readonly stack: readonly RouterLayer[]
  /** Whether its paths tell `/a` and `/A` apart. */
  readonly caseSensitive?: boolean
}

export interface RouterLayer {
  readonly handle: object
  readonly name: string
  readonly route?: { readonly path: unknown; readonly stack: readonly RouteLayer[] }
  /** Express 5: the path of `use` as it was given; not there before router 2.3. */
  readonly rawPath?: unknown
  /** Express 5: whether it stands for every path. */
  readonly slash?: boolean
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean }
  /** Express 4. */
  readonly keys?: readonly { readonly name: string | number }[]
}

export interface RouteLayer {
  readonly handle: object
  /** In lower case; absent for all. */
  readonly method?: string
}

/** The router of an app (in Express 4 there is none before the first route), or the router itself. */
export function routerOf(value: object): RouterLike | undefined {
  // The property `router` of an app throws in Express 4.
  const router = Reflect.get(value, '_router') ?? (isExpress4App(value) ? EMPTY : value)
  const inner = 'stack' in router ? router : Reflect.get(router, 'router')
  return Array.isArray(inner?.stack) ? inner : undefined
}

const EMPTY: RouterLike = { stack: [] }

const isExpress4App = (value: object): boolean =>
  typeof Reflect.get(value, 'lazyrouter') === 'function' && typeof Reflect.get(value, 'set') === 'function'

/** The paths of a layer of `use`: a text, an expression, or `undefined` where it cannot be told. */
export function mountsOf({ slash, rawPath, regexp, keys }: RouterLayer): (string | RegExp | undefined)[] {
  if (slash === true || regexp?.fast_slash === true || regexp?.fast_star === true) return ['']
  if (regexp !== undefined) return pathsOf(regexp, keys ?? [])
  const paths: unknown[] = [rawPath].flat(Number.POSITIVE_INFINITY)
  return paths.map((path) => (typeof path === 'string' || path instanceof RegExp ? path : undefined))
}

const END = String.raw`\/?(?=\/|$)`

/** Express 4 keeps the expression that path-to-regexp 0.1 made of each path. */
function pathsOf(regexp: RegExp, keys: readonly { readonly name: string | number }[]): (string | RegExp | undefined)[] {
  let key = 0
  const name = (): string | number => keys[key++]?.name ?? 'x'
  return regexp.source.split(/\|(?=\^)/).map((source) => {
    if (!source.startsWith('^') || !source.endsWith(END)) return regexp
    const path = source
      .slice(1, -END.length)
      .replace(/\(\?:\\\/\(\[\^\/\]\+\?\)\)/g, () => `/:${name()}`)
      .replace(/\(\.\*\)/g, () => {
        name()
        return '*'
      })
      .replace(/\\([/.\-_~])/g, '$1')
    // What is left of an expression: nothing to compare with.
    return /[\\^$()[\]|+]/.test(path) ? undefined : path
  })
}
