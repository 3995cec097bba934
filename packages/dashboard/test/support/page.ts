import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CHROMIUM, systemProgram } from '@auth/vitest/system-program'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'

/** Builds the page, as `pnpm build` does. */
export async function buildPage(): Promise<void> {
  await build({ configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)), logLevel: 'error' })
}

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await systemProgram(CHROMIUM),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  })
}

export interface Served {
  readonly origin: string
  close(): Promise<void>
}

export async function serve(handler: RequestListener): Promise<Served> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
