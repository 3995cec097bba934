const SIZE = 300

/** Answers token requests in this process, each with a token of its own: what is measured is what their keepers keep. */
export function answerTokenRequests(): void {
  let issued = 0
  globalThis.fetch = async () => {
    const access_token = `${++issued}`.padStart(SIZE, 't')
    return Response.json({ access_token, token_type: 'Bearer', expires_in: 86_400 })
  }
}
