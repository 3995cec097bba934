import { exercise } from '@auth/testing/exercise'
import axios from 'axios'
import { withAuth } from '../../src/index.ts'

const { API = '', ELSEWHERE = '' } = process.env
const findings = await exercise(
  (strategy) => {
    const instance = withAuth(axios.create({ adapter: 'fetch', responseType: 'text' }), strategy)
    return async (url, { method = 'GET', body, headers } = {}) => {
      const sent = {
        url,
        method,
        data: body as unknown,
        headers: headers as Record<string, string>,
        validateStatus: null,
      }
      const { status, data } = await instance.request({ ...sent, transformResponse: (text) => text })
      return new Response(data, { status })
    }
  },
  { api: API, elsewhere: ELSEWHERE },
)
process.stdout.write(JSON.stringify(findings))
