import type { Page } from './pages.ts'
import { SECTIONS } from './sections.ts'

const SUMMARY =
  'Authentication for shipping-carrier APIs (mutual TLS, API keys, HTTP Basic, OAuth 2.0 client credentials) for axios, got, ky and fetch, and guards for the routes of your own service.'

/** `llms.txt` (llmstxt.org): what the pages are, for programs that read documentation. */
export function llmsIndex(pages: readonly Page[]): string {
  const lines = ['# Carrier authentication', '', `> ${SUMMARY}`, '']
  for (const { text, paths } of SECTIONS) {
    lines.push(`## ${text}`, '')
    for (const path of paths(pages)) {
      const page = pages.find((one) => one.path === path)
      if (page !== undefined) lines.push(`- [${page.title}](/${page.path}.html): ${firstSentence(page.text)}`)
    }
    lines.push('')
  }
  return lines.join('\n')
}

/** Every page in one text. */
export function llmsFull(pages: readonly Page[]): string {
  return pages.map(({ source, text }) => `<!-- ${source} -->\n\n${text.trim()}\n`).join('\n')
}

/** The first sentence below the title, without links. */
function firstSentence(text: string): string {
  const paragraph = text
    .replace(/^---\n.*?^---$/ms, '')
    .replace(/<!--.*?-->/gs, '')
    .split('\n')
    .find((line) => /^[\p{L}`]/u.test(line))
  return (paragraph ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/(?<=[.:?]) .*$/s, '')
}
