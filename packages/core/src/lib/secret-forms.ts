// Shorter ones would be found by chance in half of all texts.
const SHORTEST_ENCODED = 4

/** A secret in the forms in which a server might repeat it: as it is, URL-encoded, as hex and as Base64. */
export function secretForms(secret: string): string[] {
  const plain = [secret, encodeURIComponent(toWellFormed(secret))]
  if (secret.length < SHORTEST_ENCODED) return plain
  const bytes = new TextEncoder().encode(secret)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  // Base64 takes three bytes at a time: what stands before the secret decides how it is cut.
  const base64 = [0, 1, 2].map((before) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes)).replace(/=+$/, '')
    return before === 0 ? text : text.slice(before + 1)
  })
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([...plain, hex, hex.toUpperCase(), ...base64, ...base64url])]
}

/** encodeURIComponent throws for half a surrogate pair. */
function toWellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text))
}
