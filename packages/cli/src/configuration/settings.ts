import type { Carrier } from '@auth/core/carriers'
import { environmentName } from '@auth/core/node'

/** One credential or option of a carrier, and the variable that has it. */
export interface Setting {
  readonly kind: 'credential' | 'option'
  /** Where it goes: `['tls', 'cert']` is `credentials.tls.cert`. */
  readonly path: readonly string[]
  /** Its environment variable, such as `POSTI_PASSWORD`. */
  readonly variable: string
  readonly required: boolean
  readonly list?: true
}

const TLS_PARTS = ['cert', 'key', 'passphrase'] as const
const COMMON = ['tokenEndpoint', 'ca'] as const

/** Everything that a carrier's factory can be given from outside. */
export function settingsOf(carrier: Carrier): Setting[] {
  const { id, profile, selectedBy } = carrier
  const setting = (kind: Setting['kind'], path: readonly string[], required = false): Setting => ({
    kind,
    path,
    variable: environmentName(id, ...path),
    required,
  })
  const credentials = Object.entries(profile.secrets).flatMap(([name, rule]) => {
    if (typeof rule === 'object' && 'tls' in rule) {
      return TLS_PARTS.map((part) => setting('credential', [name, part], part !== 'passphrase'))
    }
    return [setting('credential', [name], typeof rule === 'function')]
  })
  const own = [...Object.keys(profile.options ?? {}), ...(selectedBy === undefined ? [] : [selectedBy])]
  const options = [...new Set([...own, ...COMMON])].map((name) => setting('option', [name]))
  return [...credentials, ...options, { ...setting('option', ['origins']), list: true }]
}
