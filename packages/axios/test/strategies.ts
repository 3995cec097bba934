import { createStrategy, type Layer, type Strategy } from '@auth/core'

/** A Bearer layer whose tokens are counted: `token-1`, and the next one for each that is refused. */
export function countingBearer(delay?: () => Promise<void>): Layer & { issued: number } {
  const credentials = (): { headers: Record<string, string> } => ({
    headers: { authorization: `Bearer secret-token-${layer.issued}` },
  })
  const layer: Layer & { issued: number } = {
    scheme: 'bearer',
    header: 'authorization',
    issued: 1,
    authorize: () => (delay === undefined ? credentials() : delay().then(credentials)),
    recover(sent) {
      if (sent.headers.authorization === `Bearer secret-token-${layer.issued}`) layer.issued++
      return sent.headers.authorization !== undefined
    },
  }
  return layer
}

export function strategyFor(origin: string, ...layers: Layer[]): Strategy {
  return createStrategy({ origins: [origin], layers, allowInsecureLoopback: true })
}
