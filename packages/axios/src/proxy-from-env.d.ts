// What axios itself asks for a proxy; it comes without types.
declare module 'proxy-from-env' {
  export function getProxyForUrl(url: string): string
}
