import { OWN_SCOPE } from './scope.ts'

const PUBLIC = /(^|\.)(npmjs\.(org|com)|yarnpkg\.com)$/i
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** What npm prints for `npm config get @auth:registry` when nothing is set. */
const UNSET = ['', 'undefined', 'null']

/**
 * Says why the packages may not go to this registry; nothing when they may. `@auth/core` and `@auth/express` are
 * somebody else's names on the public registry, so it has to be one where the publisher holds the scope. A scope of
 * the publisher's own may be on the public one.
 */
export function registryProblem(registry: string, scope = OWN_SCOPE): string | undefined {
  if (UNSET.includes(registry.trim())) {
    return `no registry is set for the scope ${scope}: put "${scope}:registry=https://…" into an .npmrc`
  }
  if (!URL.canParse(registry)) return `the registry of the scope ${scope} is no URL`
  const { protocol, hostname } = new URL(registry)
  // A trailing dot names the same host.
  if (scope === OWN_SCOPE && PUBLIC.test(hostname.replace(/\.$/, ''))) {
    return `${hostname} is the public registry, where names of the scope @auth belong to another project`
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname))) {
    return `the registry of the scope ${scope} must be reached over https`
  }
  return undefined
}

const UNREACHABLE =
  /^(ECONN\w*|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|CERT_\w+|\w*SELF_SIGNED\w*)$/

/**
 * Says in one sentence why a registry would not take a package, from what `npm whoami` printed when it failed; nothing
 * when the answer says nothing about it: some registries have no `whoami`.
 */
export function accessProblem(output: string, registry: string, scope = OWN_SCOPE): string | undefined {
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(output)?.[1] ?? ''
  const { host, pathname } = new URL(registry)
  if (code === 'ENEEDAUTH') {
    return `no token for ${registry}: run "npm login --scope=${scope} --registry=${registry}", or put "//${host}${pathname.replace(/\/?$/, '/')}:_authToken=\${NPM_TOKEN}" into an .npmrc`
  }
  if (code === 'E401' || code === 'E403') return `${registry} has rejected the token: log in again`
  if (UNREACHABLE.test(code)) return `${registry} cannot be reached (${code})`
  return undefined
}
