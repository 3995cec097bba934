// The client of some vault, in examples where it does not matter which.
declare const vault: {
  read(name: string): Promise<string>
  write(name: string, value: string): Promise<void>
}

// The parts of the vault clients that docs/secrets.md uses: installing three SDKs to check three examples would cost 100 MB.
declare module '@aws-sdk/client-secrets-manager' {
  export class GetSecretValueCommand {
    constructor(input: { SecretId: string })
  }
  export class SecretsManagerClient {
    constructor(options: { region?: string })
    send(command: GetSecretValueCommand): Promise<{ SecretString?: string }>
  }
}
declare module '@azure/identity' {
  export class DefaultAzureCredential {
    getToken(scopes: string): Promise<{ token: string }>
  }
}
declare module '@azure/keyvault-secrets' {
  import type { DefaultAzureCredential } from '@azure/identity'
  export class SecretClient {
    constructor(vaultUrl: string, credential: DefaultAzureCredential)
    getSecret(name: string): Promise<{ value?: string }>
  }
}
declare module '@google-cloud/secret-manager' {
  export class SecretManagerServiceClient {
    accessSecretVersion(request: {
      name: string
    }): Promise<[{ payload?: { data?: string | Uint8Array | null } | null }]>
  }
}
