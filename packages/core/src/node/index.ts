// @auth/core/node: what needs Node: connections that present a client certificate, and identities kept in files.
export { type TlsAgents, tlsAgent, tlsAgents } from './agent.ts'
export { type ClientKeyAndCsr, type CsrOptions, createClientKeyAndCsr } from './csr.ts'
export { dispatcherFor, requireUndici, type Undici } from './dispatcher.ts'
export { environmentName, toEnvironment } from './environment.ts'
export { hasContextOptions, type IdentityOptions, identityOptions } from './identity-options.ts'
export { completedAgent, sendingAgent } from './sending-agent.ts'
export { type TlsFiles, tlsIdentityFromFiles } from './tls-files.ts'
