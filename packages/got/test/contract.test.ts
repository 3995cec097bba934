import { describeAdapter } from '@auth/testing'
import got from 'got'
import { withAuth } from '../src/index.ts'
import { gotClient } from './got-client.ts'

describeAdapter('got', gotClient(got, withAuth))
