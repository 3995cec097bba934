// `--import` of an example: its connections to the carriers' documented hosts end at the sandbox, so that the example
// itself stays as a reader would run it. TLS is real; only name and port of the other side are different.
import { syncBuiltinESMExports } from 'node:module'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'

const routes: Readonly<Record<string, string>> = JSON.parse(process.env.SANDBOX_ROUTES ?? '{}')
const connect = tls.connect as (options: ConnectionOptions, listener?: () => void) => TLSSocket

tls.connect = ((options: ConnectionOptions, listener?: () => void) => {
  const host = options.host ?? 'localhost'
  const route = routes[host]
  if (route === undefined && host !== 'localhost') throw new Error(`the sandbox does not stand in for ${host}`)
  if (route === undefined) return connect(options, listener)
  const { hostname, port } = new URL(route)
  return connect({ ...options, host: hostname, servername: hostname, port: Number(port) }, listener)
}) as typeof tls.connect
syncBuiltinESMExports()
