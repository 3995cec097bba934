import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { type Page, root } from './pages.ts'

/** A link of a page that leads nowhere. */
export interface DeadLink {
  readonly source: string
  readonly link: string
  readonly why: string
}

// Code is left out: what looks like a link there is none.
const CODE = /^(```|~~~)[^\n]*\n.*?^\1[^\n]*$|`[^`\n]*`/gms
const LINK = /\]\(([^()\s]+)(?: "[^"]*")?\)/g

/** Rewrites the links of a page: `change` gets each link and returns the new one. */
export function mapLinks(text: string, change: (link: string) => string): string {
  const code: string[] = []
  const bare = text.replace(CODE, (block) => `\u0000${code.push(block) - 1}\u0000`)
  const changed = bare.replace(LINK, (whole, link: string) => whole.replace(link, () => change(link)))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they mark the places of the code
  return changed.replace(/\u0000(\d+)\u0000/g, (_, at) => code[Number(at)] ?? '')
}

/** The path in the repository that a relative link of `source` means, and the heading it names. */
export function targetOf(source: string, link: string): { path: string; anchor?: string } | undefined {
  if (/^[a-z]+:|^\/\//i.test(link)) return undefined
  const [file = '', anchor] = link.split('#', 2)
  const path = file === '' ? source : posix.normalize(posix.join(posix.dirname(source), decodeURIComponent(file)))
  return { path: path.replace(/\/$/, ''), ...(anchor !== undefined && { anchor }) }
}

/** The page that a path of the repository stands for: the file itself, or the README of a folder. */
export function pageAt(pages: readonly Page[], path: string): Page | undefined {
  return pages.find(({ source }) => source === path || source === `${path}/README.md` || source === `${path}/index.md`)
}

/** The anchors of a page's headings, as GitHub and VitePress both write them. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^(```|~~~)[^\n]*\n.*?^\1[^\n]*$/gms, '').matchAll(/^#{1,6} (.+)$/gm)
  return new Set([...headings].map(([, heading = '']) => slug(heading)))
}

/** The anchor of a heading. */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

/** Every relative link that leads to no file, or to no heading of its page. */
export function deadLinks(pages: readonly Page[]): DeadLink[] {
  const dead: DeadLink[] = []
  for (const { source, text } of pages) {
    mapLinks(text, (link) => {
      const target = targetOf(source, link)
      if (target === undefined) return link
      if (!existsSync(`${root}${target.path}`)) dead.push({ source, link, why: 'there is no such file' })
      else if (target.anchor !== undefined && !hasAnchor(pages, target.path, target.anchor)) {
        dead.push({ source, link, why: 'the page has no such heading' })
      }
      return link
    })
  }
  return dead
}

function hasAnchor(pages: readonly Page[], path: string, anchor: string): boolean {
  const page = pageAt(pages, path)
  // Lines of source files, and pages that are not on the site, are not looked into.
  return page === undefined || anchorsOf(page.text).has(anchor)
}

/** Whether a path of the repository is a folder. */
export function isFolder(path: string): boolean {
  return statSync(`${root}${path}`).isDirectory()
}
