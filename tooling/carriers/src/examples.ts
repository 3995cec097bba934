import type { Carrier } from '@auth/core/carriers'

/** One example for each client. */
export function examples(carrier: Carrier): string[] {
  const url = `${originOf(carrier)}${pathOf(carrier)}`
  return [
    block(setUp(carrier)),
    'fetch:',
    block(`import { withAuth } from '@auth/fetch'

const response = await withAuth(fetch, strategy)('${url}')`),
    'axios:',
    block(`import { withAuth } from '@auth/axios'
import axios from 'axios'

const { data } = await withAuth(axios.create(), strategy).get('${url}')`),
    'got:',
    block(`import { withAuth } from '@auth/got'
import got from 'got'

const body = await withAuth(got, strategy)('${url}').json()`),
    'ky:',
    block(`import { withAuth } from '@auth/ky'
import ky from 'ky'

const body = await withAuth(ky, strategy)('${url}').json()`),
  ]
}

function setUp({ id, name, profile, about }: Carrier): string {
  const prefix = id.toUpperCase().replaceAll('-', '_')
  const upper = (credential: string): string => credential.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  const credentials = Object.entries(profile.secrets).flatMap(([credential, rule]) => {
    if (typeof rule === 'object' && 'optional' in rule) return []
    if (typeof rule === 'object' && 'tls' in rule) {
      return [`  ${credential}: { cert: process.env.${prefix}_TLS_CERT, key: process.env.${prefix}_TLS_KEY },`]
    }
    return [`  ${credential}: process.env.${prefix}_${upper(credential)},`]
  })
  const options = Object.entries(about.options ?? {}).map(([option, value]) => `  ${option}: ${literal(value)},`)
  const second = options.length === 0 ? '})' : `}, {\n${options.join('\n')}\n})`
  return `import { ${name} } from '@auth/core/carriers/${id}'

const strategy = ${name}({\n${credentials.join('\n')}\n${second}`
}

function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('{origin}', 'https://api.example.com')
    .replaceAll('"', "'")
    .replace(/'(\w+)':/g, '$1: ')
    .replaceAll(',', ', ')
}

function originOf({ environments, standard }: Carrier): string {
  return environments[standard]?.origins?.[0] ?? 'https://api.example.com'
}

function pathOf({ about }: Carrier): string {
  const path = about.api[0]?.[0]?.split(' ')[1] ?? '/'
  return path.split('?')[0] ?? path
}

function block(text: string): string {
  return `\`\`\`js\n${text}\n\`\`\``
}
