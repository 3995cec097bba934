/**
 * The first TypeScript example under "## Use" of a README, exactly as it stands there.
 *
 * @throws Error when there is none.
 */
export function readmeExample(readme: string): string {
  const [, section] = readme.split(/^## Use$/m)
  const [untilNext = ''] = (section ?? '').split(/^## /m)
  const example = /^```ts\n(.*?)^```$/ms.exec(untilNext)?.[1]
  if (example === undefined) throw new Error('there is no ```ts block under "## Use"')
  return example
}
