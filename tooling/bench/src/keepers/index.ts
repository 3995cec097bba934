import { axiosTokenInterceptor } from './axios-token-interceptor.ts'
import { azure } from './azure.ts'
import { badgateway, badgatewayMiddleware } from './badgateway.ts'
import { closure } from './closure.ts'
import { google } from './google.ts'
import type { MakeKeeper } from './keeper.ts'
import { msal } from './msal.ts'
import { octokit } from './octokit.ts'
import { ours } from './ours.ts'
import { smithy } from './smithy.ts'

/** Everything that keeps a token and attaches it. */
export const makers: readonly MakeKeeper[] = [
  ours,
  closure,
  smithy,
  badgateway,
  axiosTokenInterceptor,
  google,
  azure,
  octokit,
  badgatewayMiddleware,
  msal,
]
