import { describeAdapter } from '@auth/testing'
import axios from 'axios'
import { withAuth } from '../src/index.ts'
import { axiosClient } from './axios-client.ts'

describeAdapter('axios, axios-retry after', axiosClient(axios, withAuth))
describeAdapter('axios, axios-retry before', axiosClient(axios, withAuth, { retryFirst: true }))
