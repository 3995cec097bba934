const PUBLIC = /(^|\.)(npmjs\.(org|com)|yarnpkg\.com)$/i
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** What npm prints for `npm config get @auth:registry` when nothing is set. */
const UNSET = ['', 'undefined', 'null']

/**
 * Says why the packages may not go to this registry; nothing when they may. `@auth/core` and `@auth/express` are
 * somebody else's names on the public registry, so it has to be one where the publisher holds the scope.
 */
export function registryProblem(registry: string): string | undefined {
  if (UNSET.includes(registry.trim())) {
    return 'no registry is set for the scope @auth: put "@auth:registry=https://…" into an .npmrc'
  }
  if (!URL.canParse(registry)) return 'the registry of the scope @auth is no URL'
  const { protocol, hostname } = new URL(registry)
  // A trailing dot names the same host.
  if (PUBLIC.test(hostname.replace(/\.$/, ''))) {
    return `${hostname} is the public registry, where names of the scope @auth belong to another project`
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname))) {
    return 'the registry of the scope @auth must be reached over https'
  }
  return undefined
}
