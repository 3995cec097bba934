import { exercise } from '@auth/testing/exercise'
import { withAuth } from '../../src/index.ts'

const { API = '', ELSEWHERE = '' } = process.env
const findings = await exercise((strategy) => withAuth(fetch, strategy), { api: API, elsewhere: ELSEWHERE })
process.stdout.write(JSON.stringify(findings))
