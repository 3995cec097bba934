import { BlockList, isIP } from 'node:net'
import { ConfigurationError } from '../../errors.ts'

/** Addresses and networks, such as `['127.0.0.1', '10.0.0.0/8', '::1']`, or a function that knows them. */
export type TrustedPeers = string | readonly string[] | ((remoteAddress: string) => boolean)

/** A test for the address of a connection; an IPv4 address in IPv6 form is the IPv4 address. */
export function trustedPeers(trusted: TrustedPeers, option: string): (remoteAddress: string | undefined) => boolean {
  if (typeof trusted === 'function') return (address) => address !== undefined && trusted(address) === true
  const entries: readonly unknown[] = Array.isArray(trusted) ? trusted : [trusted]
  if (entries.length === 0) {
    throw new ConfigurationError(option, 'must list addresses or networks, such as 10.0.0.0/8')
  }
  const list = new BlockList()
  for (const entry of entries) add(list, entry, option)
  return (address) => {
    if (address === undefined) return false
    const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function add(list: BlockList, entry: unknown, option: string): void {
  const [address = '', prefix, more] = typeof entry === 'string' ? entry.split('/') : []
  const family = isIP(address)
  const bits = family === 4 ? 32 : 128
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === 0 || more !== undefined || length < 0 || length > bits) {
    throw new ConfigurationError(option, `${JSON.stringify(entry)} is neither an address nor a network`)
  }
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
}
