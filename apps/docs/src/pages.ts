import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository, with a slash at the end. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url))

/** A page of the site: a text of the repository, and where it stands on the site. */
export interface Page {
  /** Path in the repository. */
  readonly source: string
  /** Path on the site, without a slash at the start and without `.md`. */
  readonly path: string
  readonly title: string
  readonly text: string
}

/** Texts outside `docs/` that are pages too. */
const ELSEWHERE: Readonly<Record<string, string>> = { 'SECURITY.md': 'security', 'CONTRIBUTING.md': 'contributing' }

/** Every page: `docs/**`, the README of each package, and what `ELSEWHERE` names. */
export function pages(): Page[] {
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, name.slice(0, -3)] as const)
  const packages = readdirSync(`${root}packages`)
    .filter((name) => readdirSync(`${root}packages/${name}`).includes('README.md'))
    .map((name) => [`packages/${name}/README.md`, `packages/${name}`] as const)
  return [...docs, ...packages, ...Object.entries(ELSEWHERE)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, path]) => {
      const text = withCarriers(readFileSync(`${root}${source}`, 'utf8'))
      return { source, path, text, title: titleOf(text) ?? path }
    })
}

/** Puts the README's table of carriers where a page of `docs/` asks for it. */
function withCarriers(text: string): string {
  if (!text.includes('<!-- table of carriers -->')) return text
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const table = /<!-- carriers: .*? -->\n(.*?)<!-- \/carriers -->/s.exec(readme)?.[1] ?? ''
  return text.replace('<!-- table of carriers -->', () => table.replaceAll('](docs/', ']('))
}

function titleOf(text: string): string | undefined {
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll('`', '')
}
