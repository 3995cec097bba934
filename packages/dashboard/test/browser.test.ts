import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiKey, createStrategy, memoryStore, posti, type Strategy } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { type ServedSandbox, serveSandbox } from '@auth/sandbox'
import { without } from '@auth/vitest/system-program'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Dashboard, dashboard, type MatrixCell } from '../src/index.ts'
import { buildPage, type Served, serve, startBrowser } from './support/page.ts'

// Screenshots of each state, for people to look at.
const SHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../screenshots/', import.meta.url))

describe.skipIf(without('CHROMIUM'))('the page in a browser', () => {
  let browser: Browser
  let sandbox: ServedSandbox
  let page: Page
  let server: Served
  let panel: Dashboard
  let strategies: Strategy[] = []
  let matrix: MatrixCell[] = []

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true })
    await buildPage()
    ;[browser, sandbox] = await Promise.all([
      startBrowser(),
      serveSandbox({
        carriers: ['posti', 'easypost-connect'],
        easypostConnect: { certificateRefusal: 'answer', keyType: 'ec' },
      }),
    ])
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await sandbox?.close()
  })

  beforeEach(async () => {
    strategies = []
    matrix = []
    panel = dashboard(() => strategies, {
      open: 'loopback',
      actions: true,
      sandbox: sandbox.controlUrl,
      matrix: () => matrix,
    })
    server = await serve(panel)
    const context = await browser.newContext({ viewport: { width: 1280, height: 760 } })
    page = await context.newPage()
  })
  afterEach(async () => {
    await page.context().close()
    await server.close()
  })

  const onEvent = (event: Parameters<Dashboard['onEvent']>[0]) => panel.onEvent(event)
  const shot = (name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`) })
  const account = () => page.getByRole('region', { name: 'Selected account' })
  const events = () => page.getByRole('region', { name: 'Events', exact: true })
  const simulator = () => sandbox.sandbox.posti

  test('shows a token requested, issued, revoked and recovered', async () => {
    const strategy = simulator().strategy({ onEvent })
    strategies = [strategy]
    await page.goto(server.origin)
    await account().getByText('no token yet').waitFor()
    const call = withAuth(fetch, strategy)
    const url = `${simulator().baseUrl}/estimation/v1/estimates`
    expect((await call(url)).status).toBe(200)
    await account()
      .getByText(/token valid for \d+ s/)
      .waitFor()
    await account()
      .getByText(/Refreshed ahead from/)
      .waitFor()
    await events().getByText('Token requested because there was none yet').waitFor()
    await shot('token')
    simulator().control.revoke()
    expect((await call(url)).status).toBe(200)
    await events().getByText('Token requested because the API rejected the old one').waitFor()
    await account().getByText('1 of 1').waitFor()
  })

  test('refreshes and resets an account', async () => {
    strategies = [simulator().strategy({ onEvent })]
    const before = simulator().control.counters.tokenRequests
    await page.goto(server.origin)
    await account().getByRole('button', { name: 'Refresh' }).click()
    await account().getByText('Refresh: done').waitFor()
    await account()
      .getByText(/token valid for/)
      .first()
      .waitFor()
    expect(simulator().control.counters.tokenRequests).toBe(before + 1)
    await account().getByRole('button', { name: 'Reset' }).click()
    await account().getByText('no token yet').waitFor()
  })

  test('counts down while a rejected password is refused locally', async () => {
    const { options } = simulator()
    const { username } = await simulator().control.createAccount()
    const strategy = posti({ username, password: 'wrong' }, { ...options, onEvent, id: 'wrong-password' })
    strategies = [strategy]
    await strategy.ready().catch(() => {})
    await strategy.ready().catch(() => {})
    await page.goto(server.origin)
    await account()
      .getByText(/credentials rejected, refused locally for 3[56]\d\d s/)
      .waitFor()
    await account().getByText('Calls are refused locally, nothing is sent.').waitFor()
    await events()
      .getByText(/refused locally until .*; nothing was sent/)
      .waitFor()
    const seconds = async () => Number(/for (\d+) s/.exec((await account().locator('.badge').textContent()) ?? '')?.[1])
    const first = await seconds()
    await expect.poll(seconds).toBeLessThan(first)
    await shot('rejected')
  })

  test('shows why a call without its certificate fails', async () => {
    const { easypostConnect } = sandbox.sandbox
    const { tls: _, ...rest } = easypostConnect.credentials
    const { origins, ca } = easypostConnect.options
    const strategy = createStrategy({
      id: 'no-certificate',
      origins,
      layers: [apiKey('x-api-key', rest.apiKey)],
      onEvent,
      recoverOn: [403],
    })
    strategies = [strategy]
    await page.goto(server.origin)
    await strategy.recover({ url: `${origins[0]}/jobs`, method: 'GET', headers: {} }, { status: 403 })
    expect(ca).toContain('CERTIFICATE')
    await events()
      .getByText(/The API answered 403: handed over/)
      .waitFor()
  })

  test("shows that a fleet's second process takes the shared token", async () => {
    const store = memoryStore()
    const [first, second] = ['process 1', 'process 2'].map((id) => simulator().strategy({ store, onEvent, id })) as [
      Strategy,
      Strategy,
    ]
    strategies = [first, second]
    await first.ready()
    await second.ready()
    await page.goto(server.origin)
    await events().getByText('process 2 Token taken from the store').waitFor()
    await page.getByRole('button', { name: /process 2/ }).click()
    await account().getByText('tokens from the store').locator('..').getByText('1').waitFor()
  })

  test('breaks and heals a carrier of the sandbox, and the effect is seen', async () => {
    strategies = [simulator().strategy({ onEvent })]
    await page.goto(server.origin)
    await page.getByRole('button', { name: 'Sandbox' }).click()
    await page.getByRole('button', { name: 'Lock: posti', exact: true }).click()
    await page.getByText('Lock (posti): done').waitFor()
    await expect(strategies[0]?.ready()).rejects.toThrow()
    await page.getByRole('button', { name: 'posti', exact: true }).click()
    await page
      .getByText(/authorization: Basic \[sha256:/)
      .first()
      .waitFor()
    await shot('sandbox')
    await page.getByRole('button', { name: 'Unlock: posti', exact: true }).click()
    await page.getByText('Unlock (posti): done').waitFor()
    await page.getByRole('button', { name: 'Accounts' }).click()
    await account().getByRole('button', { name: 'Refresh' }).click()
    await account()
      .getByText(/token valid for/)
      .first()
      .waitFor()
    expect(await page.content()).not.toContain(simulator().credentials.password)
  })

  test('shows the matrix as it changes', async () => {
    matrix = [{ carrier: 'posti', client: 'got', state: 'running' }]
    await page.goto(server.origin)
    await page.getByRole('button', { name: 'Matrix' }).click()
    await page.getByRole('cell', { name: 'running' }).waitFor()
    matrix = [{ carrier: 'posti', client: 'got', state: 'ok', detail: '200' }]
    await page.getByRole('cell', { name: 'ok · 200' }).waitFor()
    await shot('matrix')
  })

  test('stays usable with thousands of accounts', async () => {
    strategies = Array.from({ length: 5000 }, (_, i) =>
      createStrategy({
        id: `tenant-${i}`,
        origins: ['https://api.example.com'],
        layers: [apiKey('x-api-key', 'k'.repeat(20))],
      }),
    )
    await page.goto(server.origin)
    const list = page.getByRole('region', { name: 'List of accounts' })
    await list.getByText('tenant-0').waitFor()
    expect(await list.getByRole('listitem').count()).toBeLessThan(60)
    await page.getByRole('searchbox', { name: 'Search accounts' }).fill('tenant-4321')
    await list.getByText('tenant-4321').click()
    await account().getByRole('heading', { name: 'tenant-4321' }).waitFor()
    await shot('many')
  })

  test('holds the list of events still, and filters it', async () => {
    const strategy = createStrategy({
      id: 'acme',
      origins: ['https://api.example.com'],
      layers: [apiKey('x', 'y'.repeat(9))],
      onEvent,
    })
    strategies = [strategy]
    await page.goto(server.origin)
    await strategy.reset()
    await events().getByText('The account was reset').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await strategy.reset()
    await page.waitForTimeout(600)
    expect(await events().getByText('The account was reset').count()).toBe(1)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => events().getByText('The account was reset').count()).toBe(2)
    await page.getByRole('searchbox', { name: 'Filter events' }).fill('nothing like it')
    await events().getByText('Nothing has happened yet.').waitFor()
  })

  test('says that the connection is lost, and comes back', async () => {
    strategies = [simulator().strategy({ onEvent })]
    await page.goto(server.origin)
    await page.getByText('live', { exact: true }).waitFor()
    await page.context().setOffline(true)
    await server.close()
    await page.getByText('connection lost, trying again').waitFor()
  })

  test.each(['light', 'dark'] as const)(
    'has no accessibility violations in %s, also at phone width',
    async (colorScheme) => {
      const strategy = simulator().strategy({ onEvent })
      strategies = [
        strategy,
        createStrategy({ id: 'acme', origins: ['https://api.example.com'], layers: [apiKey('x', 'y'.repeat(9))] }),
      ]
      await strategy.ready()
      matrix = [{ carrier: 'posti', client: 'got', state: 'ok', detail: '200' }]
      await page.emulateMedia({ colorScheme })
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 760 })
        await page.goto(server.origin)
        await account()
          .getByText(/token valid for/)
          .first()
          .waitFor()
        for (const view of ['Accounts', 'Matrix', 'Sandbox']) {
          await page.getByRole('button', { name: view, exact: true }).click()
          const { violations } = await new AxeBuilder({ page }).analyze()
          expect(violations.map(({ id, nodes }) => `${view}: ${id} ${nodes[0]?.html}`)).toEqual([])
          await shot(`${view.toLowerCase()}-${colorScheme}-${width}`)
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
        }
      }
    },
  )

  test('can be used by keyboard alone', async () => {
    strategies = ['one', 'two'].map((id) =>
      createStrategy({ id, origins: ['https://api.example.com'], layers: [apiKey('x', 'y'.repeat(9))] }),
    )
    await page.goto(server.origin)
    await page.getByRole('button', { name: /^two/ }).focus()
    await page.keyboard.press('Enter')
    await account().getByRole('heading', { name: 'two' }).waitFor()
  })

  test('asks no other machine for anything', async () => {
    strategies = [simulator().strategy({ onEvent })]
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    await page.goto(server.origin)
    await account().getByText('no token yet').waitFor()
    expect(new Set(asked.filter((origin) => origin !== 'null'))).toEqual(new Set([server.origin]))
  })
})
