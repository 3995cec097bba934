import { defineConfig } from 'vitepress'
import { pages } from '../../src/pages.ts'
import { SECTIONS } from '../../src/sections.ts'

const all = pages()
const titles = new Map(all.map(({ path, title }) => [path, title]))

export default defineConfig({
  title: 'Carrier authentication',
  description: 'Authentication for shipping-carrier APIs, for the HTTP client you already have.',
  // Where the site is not at the root of its host.
  base: process.env.DOCS_BASE ?? '/',
  outDir: '../dist',
  cacheDir: '../node_modules/.vitepress',
  appearance: true,
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Carriers', link: '/carriers' },
      { text: 'llms.txt', link: '/llms.txt', target: '_blank' },
    ],
    sidebar: SECTIONS.map(({ text, paths }) => ({
      text,
      collapsed: text === 'Carriers',
      items: paths(all)
        .filter((path) => titles.has(path))
        .map((path) => ({ text: titles.get(path) ?? path, link: `/${path.replace(/(^|\/)index$/, '$1')}` })),
    })).filter(({ items }) => items.length > 0),
  },
})
