/** What the carriers' documents demand: for each document the letter of its items and how many there are. */
export const DOCUMENTS = [
  { letter: 'G', items: 10, title: 'all five' },
  { letter: 'E', items: 24, title: 'EasyPost Connect EU' },
  { letter: 'P', items: 26, title: 'Posti' },
  { letter: 'N', items: 20, title: 'NZ Post' },
  { letter: 'S', items: 20, title: 'Sendcloud' },
  { letter: 'J', items: 18, title: 'machine to machine' },
  { letter: 'T', items: 12, title: 'traps across carriers' },
] as const

/** Items without a test, and why there is nothing to test. */
export const UNTESTABLE: Readonly<Record<string, string>> = {
  N18: 'Other grants are to be had by writing to the carrier: nothing is documented that could be built.',
}
