/** The path of an absolute URL, without its query, which may hold a key. Empty for what is no absolute URL. */
export function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : ''
}
