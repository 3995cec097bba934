import { describeAdapter } from '@auth/testing'
import ky, { type KyInstance } from 'ky'
import oldest from 'ky-oldest'
import { withAuth } from '../src/index.ts'
import { kyClient } from './ky-client.ts'

describeAdapter('ky', kyClient(ky, withAuth))
// Its types are another release's.
describeAdapter('the oldest ky', kyClient(oldest as unknown as KyInstance, withAuth))
