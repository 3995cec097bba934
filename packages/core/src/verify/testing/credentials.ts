/** Values of a key header that are all to be refused, by what is wrong with them. */
export function nearlyValidApiKeys(key: string): Record<string, string> {
  const last = key.at(-1) === 'x' ? 'y' : 'x'
  return {
    'another last character': key.slice(0, -1) + last,
    'one character less': key.slice(0, -1),
    'one character more': `${key}x`,
    'sent twice, joined by a proxy': `${key}, ${key}`,
    'a scheme before it': `Bearer ${key}`,
    quoted: `"${key}"`,
  }
}

/** Values of the `Authorization` header that are all to be refused, by what is wrong with them. */
export function nearlyValidBasic(username: string, password: string): Record<string, string> {
  const basic = (pair: string, encoding: BufferEncoding = 'utf8'): string =>
    `Basic ${Buffer.from(pair, encoding).toString('base64')}`
  const good = basic(`${username}:${password}`)
  return {
    'another password': basic(`${username}:${password}x`),
    'no password': basic(`${username}:`),
    'another user': basic(`${username}x:${password}`),
    'a user that does not exist': basic(`${crypto.randomUUID()}:${password}`),
    'a line break after the password': basic(`${username}:${password}\n`),
    'a character that base64 does not have': `${good}%`,
    'sent twice, joined by a proxy': `${good}, ${good}`,
    'another scheme': good.replace('Basic', 'Bearer'),
  }
}
