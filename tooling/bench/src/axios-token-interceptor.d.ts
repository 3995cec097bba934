// The package comes without types.
declare module 'axios-token-interceptor' {
  interface Config {
    headers: Record<string, string>
  }
  interface TokenInterceptor {
    <Token>(options: {
      getToken: () => Promise<Token>
      headerFormatter: (token: Token) => string
    }): (config: Config) => Promise<Config>
    tokenCache<Token>(
      getToken: () => Promise<Token>,
      options: { getMaxAge: (token: Token) => number },
    ): () => Promise<Token>
  }
  const tokenInterceptor: TokenInterceptor
  export default tokenInterceptor
}
