import { exerciseVerify } from '../src/exercise-verify.ts'

export default { fetch: async (): Promise<Response> => Response.json(await exerciseVerify()) }
