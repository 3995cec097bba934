import { describeAdapter } from '@auth/testing'
import got, { type Got } from 'got'
import oldest from 'got-oldest'
import { withAuth } from '../src/index.ts'
import { gotClient } from './got-client.ts'

describeAdapter('got', gotClient(got, withAuth))
// Its types are another release's.
describeAdapter('the oldest got', gotClient(oldest as unknown as Got, withAuth))
