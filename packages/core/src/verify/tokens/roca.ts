/** Odd primes up to 167: those of which keys of the faulty library show its structure. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]

let residues: readonly (readonly [prime: bigint, powers: ReadonlySet<number>])[] | undefined

/**
 * Whether an RSA modulus is of the faulty library whose private keys can be computed from the public ones
 * (CVE-2017-15361): modulo each small prime it is a power of 65537. Of other moduli, one in 2^27 looks like that.
 */
export function hasRocaWeakness(modulus: Uint8Array): boolean {
  residues ??= PRIMES.map((prime) => [BigInt(prime), powersOf(65537, prime)])
  const n = BigInt(`0x${Buffer.from(modulus).toString('hex')}`)
  return residues.every(([prime, powers]) => powers.has(Number(n % prime)))
}

function powersOf(base: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * base) % prime) powers.add(power)
  return powers
}
