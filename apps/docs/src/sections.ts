import type { Page } from './pages.ts'

/** A part of the sidebar. A page that no section names comes under "More", so none is lost. */
export interface Section {
  readonly text: string
  paths(pages: readonly Page[]): string[]
}

const listed = (text: string, ...paths: string[]): Section => ({ text, paths: () => paths })
const below = (text: string, folder: string, ...first: string[]): Section => ({
  text,
  paths: (pages) => [...first, ...pages.map(({ path }) => path).filter((path) => path.startsWith(`${folder}/`))],
})

const NAMED: readonly Section[] = [
  listed('Start', 'start', 'scope', 'runtimes'),
  listed('Call carriers', 'many-accounts', 'tokens', 'fleet', 'secrets', 'proxies', 'errors'),
  listed('Protect your own routes', 'protect-routes', 'webhooks'),
  listed('Test and operate', 'testing', 'operate'),
  below('Migrate', 'migrate'),
  below('Packages', 'packages'),
  below('Carriers', 'carriers', 'carriers'),
  listed('Background', 'security', 'architecture', 'benchmarks', 'contributing'),
]

/** The sidebar from top to bottom. */
export const SECTIONS: readonly Section[] = [
  ...NAMED,
  {
    text: 'More',
    paths: (pages) => {
      const named = new Set(['index', ...NAMED.flatMap((section) => section.paths(pages))])
      return pages.map(({ path }) => path).filter((path) => !named.has(path))
    },
  },
]
