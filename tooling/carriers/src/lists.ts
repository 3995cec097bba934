import type { CarrierFile } from './source-files.ts'

const HEAD = '// Written by `pnpm carriers` from the files in ./carriers. Do not edit.\n'

/** The names that `@auth/core` exports of its carriers. */
export function exportsModule(files: readonly CarrierFile[]): string {
  const lines = files.map(({ id, factory, types }) => {
    const names = [factory, ...types.map((type) => `type ${type}`)].sort(byName)
    return importLine(names, id, 'export')
  })
  return `${HEAD}${lines.join('\n')}\n`
}

/** `@auth/core/carriers`: every carrier with its description. */
export function listModule(files: readonly CarrierFile[]): string {
  const imports = files.map(({ id, factory }) => {
    return importLine([factory, `about as ${factory}About`], id, 'import')
  })
  const entries = files.map(({ factory }) => `  carrier('${factory}', ${factory}, ${factory}About),`)
  return `${HEAD}import { type Carrier, carrier } from './carrier-entry.ts'
${imports.join('\n')}

export type { CarrierAbout, CarrierRefusal, RefusalEffect, WireAnswer, WireRequest } from './carrier-about.ts'
export type { Carrier } from './carrier-entry.ts'

/** The ids of every carrier. */
${idType(files)}

/** Every carrier, by id. For tools: an application imports the carriers it uses. */
export const carriers: readonly Carrier[] = [
${entries.join('\n')}
]
`
}

function idType(files: readonly CarrierFile[]): string {
  const line = `export type CarrierId = ${files.map(({ id }) => `'${id}'`).join(' | ')}`
  return line.length <= 120 ? line : `export type CarrierId =\n${files.map(({ id }) => `  | '${id}'`).join('\n')}`
}

// As Biome formats them.
function importLine(names: readonly string[], id: string, keyword: 'import' | 'export'): string {
  const line = `${keyword} { ${names.join(', ')} } from './carriers/${id}.ts'`
  return line.length <= 120
    ? line
    : `${keyword} {\n${names.map((name) => `  ${name},\n`).join('')}} from './carriers/${id}.ts'`
}

// As Biome sorts them: without regard to `type`.
function byName(a: string, b: string): number {
  const bare = (name: string): string => name.replace(/^type /, '')
  return bare(a) < bare(b) ? -1 : 1
}
