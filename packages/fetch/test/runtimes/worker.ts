import { bearer, type Clock, clientCredentials, clientSecretPost, createStrategy, oauth2 } from '@auth/core'
import { withAuth } from '../../src/index.ts'

/** A worker that sends one request to the API for each that it is sent; `?advance=ms` sets its clock forward. */
let offset = 0
let call: typeof fetch | undefined
const clock: Clock = {
  now: () => Date.now() + offset,
  monotonic: () => performance.now() + offset,
  delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

export default {
  async fetch(request: Request, { API }: { API: string }): Promise<Response> {
    offset += Number(new URL(request.url).searchParams.get('advance') ?? 0)
    call ??= authenticated(API)
    try {
      const response = await call(`${API}/parcels`, { method: 'POST', body: 'a label' })
      return new Response(`${response.status} ${await response.text()}`)
    } catch (error) {
      return new Response(String(error))
    }
  },
}

function authenticated(api: string): typeof fetch {
  const source = oauth2({
    tokenEndpoint: `${api}/token`,
    clientAuth: clientSecretPost('id', 'secret'),
    grant: clientCredentials(),
    allowInsecureLoopback: true,
    deadline: 2000,
    clock,
  })
  return withAuth(
    fetch,
    createStrategy({ origins: [api], layers: [bearer(source)], allowInsecureLoopback: true, clock }),
  )
}
