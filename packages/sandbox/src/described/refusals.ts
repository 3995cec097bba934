import type { Carrier, CarrierRefusal } from '@auth/core/carriers'
import { type Answer, json } from '../response.ts'
import { renderDeep } from './template.ts'

type WireAnswer = Pick<CarrierRefusal, 'status' | 'headers' | 'body'>

/** The carrier's own answer where its description has one; else what such APIs usually say. */
export interface Refusals {
  find(at: 'token' | 'api', ...effects: readonly CarrierRefusal['effect'][]): Answer | undefined
}

export function refusalsOf({ about }: Carrier, now: () => number): Refusals {
  return {
    find(at, ...effects) {
      for (const effect of effects) {
        const refusal = about.refusals?.find((candidate) => candidate.at === at && candidate.effect === effect)
        if (refusal !== undefined) return wireAnswer(refusal, { now: String(now()) })
      }
      return undefined
    },
  }
}

/** Member order is the description's. */
export function wireAnswer(
  { status, headers = {}, body }: WireAnswer,
  values: Readonly<Record<string, string>>,
): Answer {
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, renderDeep(value, values) as string]),
  )
  if (body === undefined) return { status, headers: sent }
  if (typeof body === 'string') return { status, headers: sent, body: renderDeep(body, values) as string }
  return json(status, renderDeep(body, values) as object, sent)
}
