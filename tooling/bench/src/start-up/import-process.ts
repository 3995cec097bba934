// Times the import of modules in a fresh process.
const { given, modules } = JSON.parse(process.argv[2] ?? '') as { given: string[]; modules: string[] }
for (const name of given) await import(name)
const start = performance.now()
const loaded = await Promise.all(modules.map((name) => import(name)))
const took = performance.now() - start
if (loaded.some((module) => Object.keys(module).length === 0)) throw new Error('a module exports nothing')
process.send?.(took)
