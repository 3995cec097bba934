/** A security scheme of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1#security-scheme-object). */
export type SecurityScheme =
  | { readonly type: 'apiKey'; readonly in: 'header'; readonly name: string; readonly description?: string }
  | { readonly type: 'http'; readonly scheme: 'basic' | 'bearer'; readonly description?: string }
  | { readonly type: 'mutualTLS'; readonly description?: string }
