import { exercise } from '@auth/testing/exercise'
import ky from 'ky'
import { withAuth } from '../../src/index.ts'

const { API = '', ELSEWHERE = '' } = process.env
const findings = await exercise(
  (strategy) => {
    const authenticated = withAuth(ky, strategy)
    return (url, init) => authenticated(url, { ...init, throwHttpErrors: false })
  },
  { api: API, elsewhere: ELSEWHERE },
)
process.stdout.write(JSON.stringify(findings))
