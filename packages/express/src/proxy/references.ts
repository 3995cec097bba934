import type { ShowsAttached } from './traces.ts'

/** Where the proxy is mounted, and what it stands for. */
export interface Mount {
  /** The carrier's origin, and the path that every request has there. */
  readonly origin: string
  readonly base: string
  /** The path that the proxy has in the app. */
  readonly path: string
}

/**
 * A reference in the carrier's answer as the client can follow it. What lies below the target leads back through the
 * mount, as an absolute path; what lies elsewhere on the carrier's origin becomes absolute, so that it is not taken for
 * a path of this server; other origins stay as they are. Query parameters that show an attached value are left out.
 * `undefined` when the rest would show one.
 *
 * @param requested The URL that relative references are relative to.
 */
export function ledBack(reference: string, requested: URL, mount: Mount, shows: ShowsAttached): string | undefined {
  if (!URL.canParse(reference, requested.href)) return shows(reference) ? undefined : reference
  const url = new URL(reference, requested)
  const changed = shows(url.search) || shows(url.hash)
  if (shows(url.search))
    url.search = url.search
      .slice(1)
      .split('&')
      .filter((pair) => !shows(pair))
      .join('&')
  if (shows(url.hash)) url.hash = ''
  const onOrigin = url.origin === mount.origin
  const path = onOrigin ? url.pathname : url.href
  if (shows(path) || shows(url.search)) return undefined
  if (!onOrigin) return changed ? url.href : reference
  const { pathname, search, hash } = url
  if (pathname !== mount.base && !pathname.startsWith(`${mount.base}/`)) return url.href
  const back = `${mount.path}${pathname.slice(mount.base.length)}` || '/'
  // Two slashes would make a host of what follows.
  const safe = /^[/\\]{2}/.test(back) ? `/.${back}` : back
  return `${safe.startsWith('/') ? '' : '/'}${safe}${search}${hash}`
}

/** `Link` (RFC 8288): each target is led back; a link that would show an attached value is left out. */
export function linksLedBack(value: string, lead: (reference: string) => string | undefined): string {
  return linksOf(value)
    .flatMap((link) => {
      const target = /^\s*<([^>]*)>/.exec(link)
      const back = target?.[1] === undefined ? undefined : lead(target[1])
      return back === undefined ? [] : [`<${back}>${link.slice(target?.[0].length)}`]
    })
    .join(', ')
}

/** The members of the list: commas within `<…>` and quotes do not part them. */
function linksOf(value: string): string[] {
  return value.match(/(?:<[^<>]*>|"(?:\\.|[^"\\])*"|[^,<"]|[<"])+/gs) ?? []
}

/** `Refresh`: seconds, and perhaps where to. */
export function refreshLedBack(value: string, lead: (reference: string) => string | undefined): string | undefined {
  const parts = /^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?)(["']?)(.*?)\2\s*$/is.exec(value)
  if (parts === null) return value
  const [, before = '', quote = '', reference = ''] = parts
  const back = reference === '' ? '' : lead(reference)
  return back === undefined ? undefined : `${before}${quote}${back}${quote}`
}
