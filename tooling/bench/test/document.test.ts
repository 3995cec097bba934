import { expect, test } from 'vitest'
import { document } from '../src/document.ts'
import type { Result } from '../src/results.ts'
import { digits } from '../src/timing/format.ts'

const result: Result = {
  name: 'attach',
  title: 'Attach',
  method: 'How.',
  at: '2026-11-21T03:00:00.000Z',
  machine: { cpu: 'CPU', cores: 2, memory: 8, system: 'Linux 6 x64', node: 'v24.0.0' },
  versions: { peer: '1.2.3' },
  tables: [
    {
      title: 'Table',
      columns: ['', 'ns'],
      rows: [
        ['ours', '100'],
        ['theirs', '1 000'],
      ],
      notes: ['A note.'],
    },
  ],
  goals: [
    { text: 'within 2×', figure: '1.50×', met: true },
    { text: 'ahead', figure: 'behind', met: false, why: 'A reason.' },
  ],
}

test('the report names machine, date and versions, and explains what was missed', () => {
  const text = document([result])
  expect(text).toContain('2026-11-21, CPU, 2 cores, 8 GiB, Linux 6 x64, Node 24.0.0.')
  expect(text).toContain('peer 1.2.3')
  expect(text).toContain('| [attach](#attach) | within 2× | 1.50× | met |')
  expect(text).toContain('Missed: ahead (behind). A reason.')
  expect(text).toContain('|  | ns |\n| --- | ---: |\n| ours | 100 |\n| theirs | 1 000 |')
  expect(text).toContain('A note.')
})

test('figures have three significant digits', () => {
  expect([0, 0.012345, 1.2345, 12.345, 123.45, 12_345, 1_234_567, Number.NaN].map(digits)).toEqual([
    '0',
    '0.0123',
    '1.23',
    '12.3',
    '123',
    '12 345',
    '1 234 567',
    '–',
  ])
})
