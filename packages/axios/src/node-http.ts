import type { TlsIdentity } from '@auth/core'
import { noIdentity, type PresentIdentity } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import type { AxiosRequestConfig } from 'axios'

/** What axios' http adapter and its streams need of Node. */
export interface NodeHttp {
  /** Whether a response or error leads to a request as Node has it. */
  isRequest(request: object): request is { res?: Record<string, unknown> }
  /** Calls the listener with the error of a download that breaks off. */
  whenBroken(download: unknown, listener: (error: unknown) => void): void
  /**
   * Checks that redirects go through axios.
   *
   * @throws ConfigurationError for a transport of the user's own.
   */
  checkTransport(config: AxiosRequestConfig): void
  /**
   * Sends by the user's agents, or Node's own, and presents the identity to its origin.
   *
   * @throws ConfigurationError when the identity has nowhere to go.
   */
  useAgents(config: AxiosRequestConfig, identity: TlsIdentity | undefined, origin: string): void
  /** The same for axios' fetch adapter. */
  readonly presentIdentity: PresentIdentity
}

/** Runtimes other than Node: axios' http adapter works in some of them, client certificates do not. */
export const nodeHttp: NodeHttp = {
  isRequest: (request): request is { res?: Record<string, unknown> } => 'setHeader' in request && 'once' in request,
  whenBroken() {},
  checkTransport({ transport }) {
    if (transport === undefined || transport === null) return
    throw new ConfigurationError('transport', 'must be left out: it may follow redirects with the credentials on')
  },
  useAgents(_, identity) {
    if (identity === undefined) return
    throw new ConfigurationError('tls', 'a client certificate, or trust anchors of its own, need Node')
  },
  presentIdentity: noIdentity,
}
