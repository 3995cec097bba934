import type { Finding } from './exercise.ts'

/** What `exercise` has to find everywhere. */
export const EXPECTED: Readonly<Record<string, Finding>> = {
  attached: { method: 'GET', path: '/echo', authorization: 'Bearer first-token', key: 'key', body: '' },
  replayed: {
    method: 'POST',
    path: '/second-token-only',
    authorization: 'Bearer second-token',
    key: 'key',
    body: '{"a":"ä"}',
  },
  form: {
    method: 'POST',
    path: '/form',
    authorization: 'Bearer second-token',
    body: JSON.stringify([
      ['n"ame', 'ä'],
      ['label', 'label.pdf'],
    ]),
  },
  // The UTF-8 bytes of ä.
  basic: { method: 'GET', path: '/echo', authorization: `Basic ${btoa('\u00c3\u00a4:b')}`, body: '' },
  query: { method: 'GET', path: '/echo?x=1&key=a%20b', body: '' },
  elsewhere: { method: 'GET', path: '/echo', body: '' },
}

/** What it has to find where redirects can be followed one by one. */
export const FOLLOWED: Readonly<Record<string, Finding>> = {
  redirected: { method: 'GET', path: '/echo', authorization: 'Bearer second-token', key: 'key', body: '' },
  redirectedElsewhere: { method: 'GET', path: '/echo', body: '' },
}

/** What it has to find where a client certificate cannot be presented. */
export const CONFIGURATION_ERROR: Finding = 'ERR_AUTH_CONFIGURATION'
