// @auth/redis: one token for a fleet. The token store that @auth/core's carriers take as `store`, on a client of yours.
export type { EncryptionKey } from './cipher.ts'
export { type RedisStoreOptions, redisStore } from './redis-store.ts'
export type { IoredisClient, NodeRedisClient, RedisClient } from './run-script.ts'
