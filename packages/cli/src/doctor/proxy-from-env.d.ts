// Tells the proxy of the environment; it comes without types.
declare module 'proxy-from-env' {
  export function getProxyForUrl(url: string): string
}
