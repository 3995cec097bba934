import { formBoundary, isFormData } from '@auth/core/adapter'
import type { AxiosHeaders } from 'axios'

// What axios takes for the caller's own boundary.
const BOUNDARY = /boundary=[-_\w]{10,70}/i
const boundaries = new WeakMap<object, string>()

/** Fixes the boundary of a form, which axios makes up anew for each send: a replay or retry has to be the same message. */
export function fixBoundary(headers: AxiosHeaders, data: unknown): void {
  if (!isFormData(data) || BOUNDARY.test(String(headers.getContentType()))) return
  const boundary = boundaries.get(data) ?? formBoundary()
  boundaries.set(data, boundary)
  headers.setContentType(`multipart/form-data; boundary=${boundary}`)
}
