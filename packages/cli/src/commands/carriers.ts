import { type Carrier, carriers } from '@auth/core/carriers'
import { carrierNamed } from '../carrier.ts'
import { settingsOf } from '../configuration/settings.ts'
import type { Terminal } from '../terminal.ts'

/** Lists the carriers, or describes one. */
export function listCarriers(id: string | undefined, json: boolean, { write }: Terminal): number {
  if (id === undefined) {
    const width = Math.max(...carriers.map((carrier) => carrier.id.length))
    write(
      json
        ? asJson(carriers.map(description))
        : carriers.map((carrier) => `${carrier.id.padEnd(width)}  ${carrier.title}\n`).join(''),
    )
    return 0
  }
  const carrier = carrierNamed(id)
  write(json ? asJson(description(carrier)) : asText(carrier))
  return 0
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function description(carrier: Carrier) {
  const { id, name, environments, standard, selectedBy, about } = carrier
  const variables = settingsOf(carrier).map(({ variable, kind, required }) => ({ variable, kind, required }))
  return { id, name, selectedBy: selectedBy ?? null, standard, environments, variables, ...about }
}

function asText(carrier: Carrier): string {
  const { id, title, about, environments, standard, selectedBy } = carrier
  const credentials = settingsOf(carrier).filter(({ kind }) => kind === 'credential')
  const lines = [
    `${title} (${id})`,
    '',
    'Credentials',
    ...credentials.map(({ variable, path: [name = ''], required }) => {
      const place = about.credentials[name] ?? ''
      return `  ${variable}${required ? '' : ' (may be left out)'}\n      ${place}`
    }),
    ...(selectedBy === undefined
      ? []
      : ['', `${selectedBy}: ${Object.keys(environments).join(', ')}; ${standard} without the option`]),
    ...(about.limits === undefined ? [] : ['', 'Limits', ...about.limits.map((limit) => `  ${limit}`)]),
    ...(about.refusals === undefined
      ? []
      : ['', 'When it says no', ...about.refusals.map((one) => `  ${one.at} ${one.status}: ${one.means}`)]),
    '',
    `Sources: ${about.sources.join('; ')}, read ${about.read}`,
  ]
  return `${lines.join('\n')}\n`
}
