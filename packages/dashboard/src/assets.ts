import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'

// Both from src/ and from dist/.
const FOLDER = new URL('../dist/ui/', import.meta.url)
const TYPES = { 'app.js': 'text/javascript; charset=utf-8', 'app.css': 'text/css; charset=utf-8' } as const

export type AssetName = keyof typeof TYPES

export function isAsset(name: string): name is AssetName {
  return Object.hasOwn(TYPES, name)
}

/** Nothing but this page's own files, no inline script, no frame around it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
}

/** The page; `base` is the address of its mount, with a slash at its end. */
export function sendPage(response: ServerResponse, base: string, head: boolean): void {
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<base href="${escapeHtml(base)}">
<title>Carrier accounts</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app.css">
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript.</noscript>
<script type="module" src="app.js"></script>
</body>
</html>
`
  respond(response, 200, 'text/html; charset=utf-8', page, head)
}

export function sendAsset(response: ServerResponse, name: AssetName, head: boolean): void {
  respond(response, 200, TYPES[name], readFileSync(new URL(name, FOLDER)), head)
}

export function sendJson(response: ServerResponse, status: number, value: object, head = false): void {
  respond(response, status, 'application/json', JSON.stringify(value), head)
}

/** A problem (RFC 9457). */
export function sendProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  respond(response, status, 'application/problem+json', JSON.stringify({ status, detail }), false)
}

function respond(response: ServerResponse, status: number, type: string, body: string | Buffer, head: boolean): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  })
  response.end(head ? undefined : body)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
