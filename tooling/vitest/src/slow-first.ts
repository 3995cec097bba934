import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { SLOW_TESTS } from './slow-tests.ts'

const order = Object.keys(SLOW_TESTS)

/** Starts the slow files first, in the order of their list, and the others as vitest does. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = order.findIndex((file) => moduleId.endsWith(`/${file}`))
      return at === -1 ? order.length : at
    }
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}
