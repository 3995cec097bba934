import { exercise } from '@auth/testing/exercise'
import { withAuth } from '../../src/index.ts'

// The types of a browser are not those of the tests around.
const { origin, search } = Reflect.get(globalThis, 'location') as URL
const elsewhere = new URLSearchParams(search).get('elsewhere') ?? ''
const findings = await exercise((strategy) => withAuth(fetch, strategy), { api: origin, elsewhere })
await fetch('/findings', { method: 'POST', body: JSON.stringify(findings) })
