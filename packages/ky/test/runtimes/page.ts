import { exercise } from '@auth/testing/exercise'
import ky from 'ky'
import { withAuth } from '../../src/index.ts'

// The types of a browser are not those of the tests around.
const { origin, search } = Reflect.get(globalThis, 'location') as URL
const elsewhere = new URLSearchParams(search).get('elsewhere') ?? ''
const findings = await exercise(
  (strategy) => {
    const authenticated = withAuth(ky, strategy)
    return (url, init) => authenticated(url, { ...init, throwHttpErrors: false })
  },
  { api: origin, elsewhere },
)
await fetch('/findings', { method: 'POST', body: JSON.stringify(findings) })
