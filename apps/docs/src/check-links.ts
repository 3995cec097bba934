// Ends with 1 when a relative link of a page leads nowhere.
import { deadLinks } from './links.ts'
import { pages } from './pages.ts'

const all = pages()
const dead = deadLinks(all)
for (const { source, link, why } of dead) console.error(`${source}: ${link}: ${why}`)
if (dead.length > 0) process.exitCode = 1
else console.log(`the links of ${all.length} pages lead somewhere`)
