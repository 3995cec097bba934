// Puts the policies through their paces on Fetch requests, in whatever runtime this runs.
import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  clientCertificate,
  type Decision,
  generateApiKey,
  guard,
  inboundRequest,
  jwt,
  type Policy,
  type Refused,
  toResponse,
} from '@auth/core/verify'
import { testIssuer } from '@auth/core/verify/testing'

/** Outcomes by name; the same in every runtime. */
export async function exerciseVerify(): Promise<Record<string, string | number>> {
  const { key, id, hash } = generateApiKey()
  const issuer = await testIssuer()
  const keys = apiKey({ keys: [{ id, hash, party: 'test-client' }] })
  const tokens = bearer(jwt(issuer))
  const passwords = basic({ verify: (_name, password) => (password === 'right' ? { party: 'acme' } : undefined) })
  const forwarded = clientCertificate({ proxy: { header: 'x-arr-clientcert', trusted: () => true } })
  const decide = async (policy: Policy, headers: [string, string][]): Promise<Decision> =>
    guard(policy)(inboundRequest(new Request('https://api.example/labels', { headers })))
  const outcome = async (policy: Policy, ...headers: [string, string][]): Promise<string> =>
    (await decide(policy, headers)).outcome
  const authorization = `Bearer ${await issuer.token()}`
  const refused = toResponse((await decide(allOf(keys, tokens), [])) as Refused)
  const almost = Object.values(await issuer.nearlyValid()).map((token) =>
    outcome(tokens, ['authorization', `Bearer ${token}`]),
  )
  return {
    key: await outcome(keys, ['x-api-key', key]),
    'wrong key': await outcome(keys, ['x-api-key', 'wrong']),
    'key twice': await outcome(keys, ['x-api-key', key], ['x-api-key', key]),
    token: await outcome(tokens, ['authorization', authorization]),
    'tokens that almost are': (await Promise.all(almost)).filter((one) => one === 'authenticated').length,
    both: await outcome(allOf(keys, tokens), ['x-api-key', key], ['authorization', authorization]),
    password: await outcome(passwords, ['authorization', `Basic ${btoa('acme:right')}`]),
    certificate: await outcome(clientCertificate()),
    'certificate or key': await outcome(anyOf(clientCertificate(), keys), ['x-api-key', key]),
    'a header that is no certificate': await outcome(forwarded, ['x-arr-clientcert', 'AAAA']),
    status: refused.status,
    challenges: String(refused.headers.get('www-authenticate')?.split(', ').length),
  }
}
