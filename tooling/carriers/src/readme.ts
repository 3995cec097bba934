import type { Carrier } from '@auth/core/carriers'

const START = '<!-- carriers: written by `pnpm carriers` -->'
const END = '<!-- /carriers -->'

/** The README with the table of carriers between its markers; as it is, where it has none. */
export function withTable(readme: string, carriers: readonly Carrier[]): string {
  const from = readme.indexOf(START)
  const to = readme.indexOf(END)
  if (from === -1 || to === -1) return readme
  const rows = carriers.map(({ id, title, name, profile, environments, selectedBy }) => {
    const credentials = Object.entries(profile.secrets).map(([credential, rule]) => {
      return `\`${credential}${typeof rule === 'object' && 'optional' in rule ? '?' : ''}\``
    })
    const selectable = selectedBy === undefined ? '' : Object.keys(environments).join(', ')
    return `| [${title}](docs/carriers/${id}.md) | \`${name}\` | ${credentials.join(', ')} | ${selectable} |`
  })
  const table = ['| carrier | factory | credentials | environments |', '|---|---|---|---|', ...rows].join('\n')
  return `${readme.slice(0, from)}${START}\n${table}\n${readme.slice(to)}`
}
