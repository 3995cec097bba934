import type { BlockList } from 'node:net'
import { ConfigurationError } from '../../errors.ts'
import { builtin } from '../../runtime/builtin.ts'

/**
 * Addresses and networks, such as `['127.0.0.1', '10.0.0.0/8', '::1']`, or a function that knows them. It gets an empty
 * string where the connection has no address: a unix socket, or a runtime that does not tell.
 */
export type TrustedPeers = string | readonly string[] | ((remoteAddress: string) => boolean)

/** A test for the address of a connection; an IPv4 address in IPv6 form is the IPv4 address. */
export function trustedPeers(trusted: TrustedPeers, option: string): (remoteAddress: string | undefined) => boolean {
  if (typeof trusted === 'function') return (address = '') => trusted(address) === true
  const entries: readonly unknown[] = Array.isArray(trusted) ? trusted : [trusted]
  if (entries.length === 0) {
    throw new ConfigurationError(option, 'must list addresses or networks, such as 10.0.0.0/8')
  }
  const net = builtin('node:net')
  if (net?.BlockList === undefined) {
    throw new ConfigurationError(option, 'must be a function on this runtime, which has no net.BlockList')
  }
  const { isIP } = net
  const list = new net.BlockList()
  for (const entry of entries) add(list, isIP, entry, option)
  return (address) => {
    if (address === undefined) return false
    const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function add(list: BlockList, isIP: (text: string) => number, entry: unknown, option: string): void {
  const [address = '', prefix, more] = typeof entry === 'string' ? entry.split('/') : []
  const family = isIP(address)
  const bits = family === 4 ? 32 : 128
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === 0 || more !== undefined || length < 0 || length > bits) {
    throw new ConfigurationError(option, `${JSON.stringify(entry)} is neither an address nor a network`)
  }
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
}
