// Writes the site's pages from the repository's texts: `site/*.md`, `llms.txt` and `llms-full.txt`.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFolder, mapLinks, pageAt, targetOf } from './links.ts'
import { llmsFull, llmsIndex } from './llms.ts'
import { type Page, pages, root } from './pages.ts'

const site = fileURLToPath(new URL('../site/', import.meta.url))
const repository: string = JSON.parse(readFileSync(`${root}packages/core/package.json`, 'utf8')).homepage.replace(
  /\/tree\/main\/.*/,
  '',
)

// Pictures are part of the site.
const IMAGES = 'docs/images/'

/** The link as it must be on the site: another page's address, or the repository's for what is no page. */
function siteLink(all: readonly Page[], source: string, link: string): string {
  const target = targetOf(source, link)
  if (target === undefined) return link
  if (target.path.startsWith(IMAGES)) return `/images/${target.path.slice(IMAGES.length)}`
  const anchor = target.anchor === undefined ? '' : `#${target.anchor}`
  const page = pageAt(all, target.path)
  if (page !== undefined) return `/${page.path}${anchor}`
  return `${repository}/${isFolder(target.path) ? 'tree' : 'blob'}/main/${target.path}${anchor}`
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const all = pages()
// Everything but `.vitepress` is written here.
for (const name of readdirSync(site)) if (name !== '.vitepress') rmSync(`${site}${name}`, { recursive: true })
for (const page of all) {
  const text = mapLinks(page.text, (link) => siteLink(all, page.source, link))
  write(`${site}${page.path}.md`, text.replaceAll('```ts run', '```ts'))
}
cpSync(`${root}${IMAGES}`, `${site}public/images`, { recursive: true })
write(`${site}public/llms.txt`, llmsIndex(all))
write(`${site}public/llms-full.txt`, llmsFull(all))
console.log(`${all.length} pages`)
