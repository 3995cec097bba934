import type { Carrier, CarrierRefusal } from '@auth/core/carriers'
import { examples } from './examples.ts'

/** The page of a carrier: all of it is in the profile. */
export function page(carrier: Carrier): string {
  const { about } = carrier
  const { limits = [], open = [], changes = [] } = about
  return `${[
    '<!-- Written by `pnpm carriers` from the profile. Do not edit. -->',
    `# ${about.title}`,
    '## What you need',
    needs(carrier),
    '## Environments',
    environments(carrier),
    '## Use',
    ...examples(carrier),
    '## What goes over the wire',
    ...wire(carrier),
    '## Refusals',
    refusals(carrier),
    ...section('Limits', limits),
    ...section('Not documented', open),
    ...section(
      'Changes',
      changes.map(({ since, until, what }) => {
        const when = [since && `since ${since}`, until && `until ${until}`].filter(Boolean).join(', ')
        return when === '' ? what : `${what} (${when})`
      }),
    ),
    ...section(`Sources, read on ${about.read}`, about.sources),
  ].join('\n\n')}\n`
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`## ${title}`, items.map((item) => `- ${item}`).join('\n')]
}

function needs({ profile, about }: Carrier): string {
  const rows = Object.entries(profile.secrets).map(([name, rule]) => {
    const optional = typeof rule === 'object' && 'optional' in rule
    return `| \`${name}\`${optional ? ' (optional)' : ''} | ${about.credentials[name] ?? ''} |`
  })
  return ['| credential | where it is found |', '|---|---|', ...rows].join('\n')
}

function environments({ environments: all, standard, selectedBy }: Carrier): string {
  const names = Object.keys(all)
  if (names.length === 0) return 'No host is documented: you say where the API is.'
  const rows = names.map((name) => {
    const { origins, tokenEndpoint, basePath } = all[name] ?? {}
    const hosts = origins?.map((origin) => `\`${origin}\``).join(', ') ?? 'not documented: give `origins`'
    const path = basePath === undefined ? '' : `, path \`${basePath}\``
    const label = name === standard && names.length > 1 && selectedBy !== undefined ? `${name} (default)` : name
    return `| ${label} | ${hosts}${path} | ${tokenEndpoint === undefined ? '' : `\`${tokenEndpoint}\``} |`
  })
  const how =
    selectedBy !== undefined
      ? `The option \`${selectedBy}\` selects one. The hosts of the others are never trusted.`
      : names.length > 1
        ? 'They have the same hosts: the URL that you call selects one.'
        : 'Credentials go to these hosts only.'
  return [`${how}\n`, '| environment | API | token endpoint |', '|---|---|---|', ...rows].join('\n')
}

function wire({ about }: Carrier): string[] {
  const blocks = about.api.map((request) => `\`\`\`http\n${request.join('\n')}\n\`\`\``)
  if (about.token === undefined) return ['What is attached to a request:', ...blocks]
  const { request, answer } = about.token
  return [
    'The token request and its answer:',
    `\`\`\`http\n${request.join('\n')}\n\`\`\``,
    answerBlock(answer),
    'What is attached to a request:',
    ...blocks,
  ]
}

function answerBlock({ status, headers = {}, body }: Pick<CarrierRefusal, 'status' | 'headers' | 'body'>): string {
  const lines = [`HTTP/1.1 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
  const text = body === undefined ? [] : ['', typeof body === 'string' ? body : JSON.stringify(body, undefined, 2)]
  return `\`\`\`http\n${[...lines, ...text].join('\n')}\n\`\`\``
}

const EFFECTS: Readonly<Record<CarrierRefusal['effect'], string>> = {
  rejected: 'The credentials are remembered as rejected: no further login until they change or time has passed',
  throttled: 'No token is requested before the time is over',
  unavailable: 'Tried again a few times',
  recovered: 'A new token, and the request once more',
  passed: 'You get the answer; it costs no token',
}

function refusals({ about }: Carrier): string {
  const rows = (about.refusals ?? []).map((refusal) => {
    const { at, status, means, effect, confirmed } = refusal
    const code = codeOf(refusal)
    const from = at === 'token' ? 'token endpoint' : 'API'
    const sure = confirmed === false ? ' (not confirmed)' : ''
    return `| ${from} | ${status}${code === '' ? '' : ` \`${code}\``} | ${means}${sure} | ${EFFECTS[effect]} |`
  })
  if (rows.length === 0)
    return 'The documents name none. A 401 reaches you as it is, unless the key has changed meanwhile.'
  return ['| from | answer | what it means | what happens |', '|---|---|---|---|', ...rows].join('\n')
}

/** What tells the refusal from others of the same status: the shortest text in its body, or a header. */
function codeOf({ body, headers = {} }: CarrierRefusal): string {
  const texts: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value)
    else if (typeof value === 'object' && value !== null) for (const member of Object.values(value)) collect(member)
  }
  collect(body)
  const [first] = [...texts, ...Object.values(headers)].filter((text) => text !== '')
  return first === undefined ? '' : first.length > 60 ? `${first.slice(0, 57)}…` : first
}
