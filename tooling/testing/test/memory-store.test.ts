import { memoryStore } from '@auth/core'
import { describeTokenStore } from '../src/index.ts'

describeTokenStore('memoryStore', () => memoryStore())
