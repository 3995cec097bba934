import { exerciseVerify } from '../src/exercise-verify.ts'

console.log(JSON.stringify(await exerciseVerify()))
