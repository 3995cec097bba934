/**
 * The environment variable of a credential or option: `POSTI_PASSWORD`, `NZ_POST_CLIENT_ID`, `EASYPOST_CONNECT_TLS_CERT`.
 *
 * @example
 * environmentName('nz-post', 'clientId') // NZ_POST_CLIENT_ID
 */
export function environmentName(carrier: string, ...path: readonly string[]): string {
  return [carrier, ...path].map(upperSnake).join('_')
}

/** Credentials and options as environment variables. Lists are joined with commas. */
export function toEnvironment(carrier: string, ...parts: readonly object[]): [name: string, value: string][] {
  const entries = (value: unknown, path: readonly string[]): [string, string][] => {
    if (value === undefined) return []
    if (Array.isArray(value)) return [[environmentName(carrier, ...path), value.join(',')]]
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([name, member]) => entries(member, [...path, name]))
    }
    return [[environmentName(carrier, ...path), String(value)]]
  }
  return parts.flatMap((part) => entries(part, []))
}

/** `clientId` is CLIENT_ID, `nz-post` is NZ_POST, `manifestMID` is MANIFEST_MID. */
function upperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()
}
