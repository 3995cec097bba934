import { CLIENT } from './keeper.ts'

const AUTHORIZATION = `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}`

export interface Issued {
  readonly value: string
  /** Epoch ms. */
  readonly expiresAt: number
}

/** The token request that users write themselves where a package asks them to. */
export async function requestToken(tokenEndpoint: string): Promise<Issued> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  })
  if (!response.ok) throw new Error(`token endpoint: ${response.status} ${await response.text()}`)
  const body = (await response.json()) as { access_token: string; expires_in: number }
  return { value: body.access_token, expiresAt: Date.now() + body.expires_in * 1000 }
}
