import { randomBytes, randomInt } from 'node:crypto'
import type { Carrier } from '@auth/core/carriers'
import { createCsr } from '../pki.ts'
import type { SimulatorContext } from '../simulator.ts'

type Rule = Carrier['profile']['secrets'][string]

// In this order: what a check refuses, the next one may satisfy.
const CANDIDATES: readonly ((name: string) => string)[] = [
  (name) => (/id$|user|name|number|account|uid/i.test(name) ? `${name.toLowerCase()}-${hex(4)}` : hex(24)),
  () => hex(16),
  () => digits(10),
  () => digits(8),
  () => digits(6),
  () => `user-${hex(4)}@example.com`,
  () => 'https://shop.example.com',
]

/** Credentials that the carrier's own checks accept; what may be left out is left out, unless the carrier's form has it. */
export async function randomCredentials(
  { profile, about }: Carrier,
  { authority }: SimulatorContext,
): Promise<Record<string, string | { cert: string; key: string }>> {
  const forms = JSON.stringify([about.token?.request, about.api])
  const credentials: Record<string, string | { cert: string; key: string }> = {}
  for (const [name, rule] of Object.entries(profile.secrets)) {
    if (isOptional(rule) && !forms.includes(`{${name}}`)) continue
    credentials[name] = isTls(rule) ? await identity(authority) : text(name, rule)
  }
  return credentials
}

async function identity(authority: SimulatorContext['authority']): Promise<{ cert: string; key: string }> {
  const { csr, key } = await createCsr({ keyType: 'ec' })
  return { cert: await authority.signCsr(csr), key }
}

/** A random text that the rule accepts. */
export function text(name: string, rule: Rule): string {
  const check = typeof rule === 'function' ? rule : 'optional' in rule ? rule.optional : undefined
  for (const candidate of CANDIDATES) {
    const value = candidate(name)
    try {
      check?.(value, name)
      return value
    } catch {
      // The next one.
    }
  }
  throw new Error(`no random value for ${name} passes the carrier's check`)
}

function isOptional(rule: Rule): boolean {
  return typeof rule === 'object' && 'optional' in rule
}

function isTls(rule: Rule): boolean {
  return typeof rule === 'object' && 'tls' in rule
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

function digits(count: number): string {
  return Array.from({ length: count }, (_, i) => randomInt(i === 0 ? 1 : 0, 10)).join('')
}
