import { createRequire } from 'node:module'
import express from 'express'

// The two agree in all that the tests use, so the types of one do for both.
const express4: typeof express = createRequire(import.meta.url)('express4')

/** Every major release that the peer range lets in. */
export const expresses: readonly (readonly [name: string, express: typeof import('express')])[] = [
  ['Express 5', express],
  ['Express 4', express4],
]
