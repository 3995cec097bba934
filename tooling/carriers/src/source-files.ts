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
  const ids = readdirSync(folder).flatMap((name) => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))
  return ids.sort().map((id) => {
    const text = readFileSync(join(folder, `${id}.ts`), 'utf8')
    const factory = /^export const (\w+) = .*defineCarrier</m.exec(text)?.[1]
    if (factory === undefined) throw new Error(`${id}: has no \`export const … = defineCarrier<…>(…)\``)
    if (!/^export const about: CarrierAbout = /m.test(text)) throw new Error(`${id}: has no \`export const about\``)
    const types = [...text.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, type]) => type ?? '')
    return { id, factory, types: types.sort() }
  })
}
