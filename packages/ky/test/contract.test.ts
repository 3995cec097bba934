import { describeAdapter } from '@auth/testing'
import ky from 'ky'
import { withAuth } from '../src/index.ts'
import { kyClient } from './ky-client.ts'

describeAdapter('ky', kyClient(ky, withAuth))
