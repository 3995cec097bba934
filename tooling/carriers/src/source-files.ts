import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../../..')

/** A carrier's source file, and the names that it exports. */
export interface CarrierFile {
  readonly id: string
  readonly factory: string
  readonly types: readonly string[]
}

/** Every carrier that exists: one file each in `packages/core/src/carriers`. */
export function carrierFiles(): CarrierFile[] {
  const folder = join(ROOT, 'packages/core/src/carriers')
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  return names.sort().map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    const factory = /^export const (\w+) = .*defineCarrier</m.exec(text)?.[1]
    if (factory === undefined) throw new Error(`${name}: has no \`export const … = defineCarrier<…>(…)\``)
    if (!/^export const about: CarrierAbout = /m.test(text)) throw new Error(`${name}: has no \`export const about\``)
    const types = [...text.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, type]) => type ?? '')
    return { id: name.slice(0, -3), factory, types: types.sort() }
  })
}
