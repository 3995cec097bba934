import type { PresentIdentity } from '@auth/core/adapter'
import { dispatcherFor } from '@auth/core/node'

export const presentIdentity: PresentIdentity = dispatcherFor(() => import('undici'))
