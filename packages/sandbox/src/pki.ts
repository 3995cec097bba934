// The certificate library's container asks for it before it is loaded.
import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key, both PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

/** `ec` is P-256 and made in a millisecond; `rsa` is 2048 bits, as EasyPost Connect documents it. */
export type KeyType = 'ec' | 'rsa'

/** When a certificate is valid. TLS checks it against the machine's clock, not against an injected one. */
export interface Validity {
  /** Default one day ago. */
  readonly notBefore?: Date
  /** Default in one year. */
  readonly notAfter?: Date
}

export interface IdentityOptions extends Validity {
  /** Common name of the subject; default `client.example.com`. */
  readonly commonName?: string
  /** Default `ec`. */
  readonly keyType?: KeyType
}

export interface ServerIdentityOptions extends IdentityOptions {
  /** Further DNS names and IP addresses of the server. */
  readonly hosts?: readonly string[]
}

/** A certificate authority that exists only in this process. */
export interface CertificateAuthority {
  /** The trust anchor, PEM. */
  readonly certificate: string
  /** Issues a server certificate for `localhost`, `127.0.0.1`, `::1` and the given hosts. */
  issueServer(options?: ServerIdentityOptions): Promise<Identity>
  /** Issues a client certificate with its key. */
  issueClient(options?: IdentityOptions): Promise<Identity>
  /**
   * Signs a certificate signing request (PKCS #10, PEM) and returns the client certificate, PEM; any subject is
   * accepted.
   *
   * @throws Error when the request is not signed with the key it names.
   * @see https://www.rfc-editor.org/rfc/rfc2986
   */
  signCsr(csr: string, validity?: Validity): Promise<string>
}

const DAY = 86_400_000
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const
const KEYS = {
  ec: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: SIGNATURE },
  rsa: {
    generate: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    sign: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  },
} as const

/** The validity of a certificate that ran out yesterday. */
export function expired(): Required<Validity> {
  return { notBefore: new Date(Date.now() - 30 * DAY), notAfter: new Date(Date.now() - DAY) }
}

/** The validity of a certificate that begins tomorrow. */
export function notYetValid(): Required<Validity> {
  return { notBefore: new Date(Date.now() + DAY), notAfter: new Date(Date.now() + 30 * DAY) }
}

/** Creates a certificate authority; two of them never trust each other's certificates. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await generateKeys('ec')
  const root = await X509CertificateGenerator.createSelfSigned({
    // Its own name, so that a certificate of another authority fails as "unknown issuer" and not as a bad signature.
    name: subject(`Sandbox CA ${randomBytes(4).toString('hex')}`),
    serialNumber: serialNumber(),
    ...dates({}),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })

  const sign = async (
    name: ReturnType<typeof subject> | Pkcs10CertificateRequest['subjectName'],
    publicKey: CryptoKey | Pkcs10CertificateRequest['publicKey'],
    validity: Validity,
    extensions: Extension[],
  ): Promise<string> => {
    const certificate = await X509CertificateGenerator.create({
      subject: name,
      issuer: root.subjectName,
      serialNumber: serialNumber(),
      ...dates(validity),
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: SIGNATURE,
      extensions: [...extensions, await AuthorityKeyIdentifierExtension.create(keys.publicKey)],
    })
    return certificate.toString('pem')
  }

  const issue = async (options: IdentityOptions, extensions: Extension[]): Promise<Identity> => {
    const { commonName = 'client.example.com', keyType = 'ec' } = options
    const own = await generateKeys(keyType)
    return { cert: await sign(subject(commonName), own.publicKey, options, extensions), key: await privatePem(own) }
  }

  return {
    certificate: root.toString('pem'),
    issueServer: ({ hosts = [], ...options } = {}) =>
      issue({ commonName: 'localhost', ...options }, serverExtensions(hosts)),
    issueClient: (options = {}) => issue(options, clientExtensions()),
    async signCsr(csr, validity = {}) {
      const request = new Pkcs10CertificateRequest(csr)
      if (!(await request.verify())) throw new Error('the certificate signing request is not signed with its own key')
      return sign(request.subjectName, request.publicKey, validity, clientExtensions())
    },
  }
}

/** Creates a client identity that no authority vouches for. */
export async function selfSignedIdentity(options: IdentityOptions = {}): Promise<Identity> {
  const { commonName = 'client.example.com', keyType = 'ec' } = options
  const keys = await generateKeys(keyType)
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: subject(commonName),
    serialNumber: serialNumber(),
    ...dates(options),
    keys,
    signingAlgorithm: KEYS[keyType].sign,
    extensions: clientExtensions(),
  })
  return { cert: certificate.toString('pem'), key: await privatePem(keys) }
}

/** Creates a private key and a certificate signing request for it, both PEM: `openssl genrsa` and `openssl req -new`. */
export async function createCsr(options: Omit<IdentityOptions, keyof Validity> = {}): Promise<{
  csr: string
  key: string
}> {
  const { commonName = 'client.example.com', keyType = 'rsa' } = options
  const keys = await generateKeys(keyType)
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject(commonName),
    keys,
    signingAlgorithm: KEYS[keyType].sign,
  })
  return { csr: request.toString('pem'), key: await privatePem(keys) }
}

function serverExtensions(hosts: readonly string[]): Extension[] {
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])]
  return [
    new BasicConstraintsExtension(false),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    new SubjectAlternativeNameExtension(
      names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const),
    ),
  ]
}

function clientExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(false),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
  ]
}

function generateKeys(keyType: KeyType): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS[keyType].generate, true, ['sign', 'verify'])
}

async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

// A structured name: a string would be parsed, and a comma in a common name would start another attribute.
function subject(commonName: string): { CN: string[] }[] {
  return [{ CN: [commonName] }]
}

function dates({ notBefore, notAfter }: Validity): Required<Validity> {
  return {
    notBefore: notBefore ?? new Date(Date.now() - DAY),
    notAfter: notAfter ?? new Date(Date.now() + 365 * DAY),
  }
}

// Positive and without a leading zero octet, as DER wants an INTEGER (RFC 5280 section 4.1.2.2).
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}
