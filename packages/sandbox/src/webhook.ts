import { createHmac, randomBytes } from 'node:crypto'
import type { CarrierId } from '@auth/core/carriers'
import { easypostSignature, type SignatureFormat, sendcloudSignature, shippoSignature } from '@auth/core/verify'
import type { SandboxClock } from './token-registry.ts'

/** Sends events as the carrier does, signed. */
export interface Webhooks {
  /** What the carrier signs with; the receiver checks by it. */
  readonly secret: string
  /**
   * Posts the event as JSON, with the carrier's signature. `forged` signs with another secret.
   *
   * @returns The status that the receiver answers with.
   * @throws Error when nobody answers within 10 seconds.
   */
  send(url: string, event: unknown, options?: { readonly forged?: boolean }): Promise<{ status: number }>
}

interface Signer {
  readonly format: SignatureFormat
  /** The credential that signs. Default: a secret of its own. */
  readonly credential?: string
}

const SIGNERS: Readonly<Partial<Record<CarrierId, Signer>>> = {
  sendcloud: { format: sendcloudSignature, credential: 'secretKey' },
  easypost: { format: easypostSignature },
  shippo: { format: shippoSignature },
}
const LONGEST_WAIT = 10_000

/** `undefined` for a carrier whose signatures are not known. */
export function webhooks(
  id: CarrierId,
  clock: SandboxClock,
  simulator: { readonly credentials: object },
): Webhooks | undefined {
  const signer = SIGNERS[id]
  if (signer === undefined) return undefined
  const { format, credential } = signer
  const own = randomBytes(24).toString('hex')
  const current = (): string =>
    credential === undefined ? own : String(Reflect.get(simulator.credentials, credential))
  return {
    get secret() {
      return current()
    },
    async send(url, event, { forged = false } = {}) {
      const body = JSON.stringify(event)
      const secret = forged ? randomBytes(24).toString('hex') : current()
      const { status, body: answer } = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [format.header]: sign(format, secret, body, clock) },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(LONGEST_WAIT),
      })
      await answer?.cancel()
      return { status }
    },
  }
}

function sign(
  { encoding = 'hex', prefix = '', parameters, secretForm }: SignatureFormat,
  secret: string,
  body: string,
  clock: SandboxClock,
): string {
  const key = secretForm === undefined ? secret : secret.normalize(secretForm)
  const mac = (text: string): string => createHmac('sha256', key).update(text).digest(encoding)
  if (parameters === undefined) return prefix + mac(body)
  const timestamp = Math.floor(clock.now() / 1000)
  return `${parameters.timestamp}=${timestamp},${parameters.signature}=${mac(`${timestamp}.${body}`)}`
}
