// Each touches one key, so that a Cluster needs no more than a single node does. Times are the server's: the clocks of
// the processes need not agree. Lua prints large numbers with an exponent, hence '%.0f'. The first thing that a script
// writes is what may need memory: Redis refuses that when it is full, but nothing to a script that has written already.

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** KEYS entry. ARGV format. Yields version, payload and age in ms; nothing for what another format left there. */
export const GET = `${NOW}
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return false end
local held = redis.call('HMGET', KEYS[1], 'format', 'version', 'payload', 'writtenAt')
if held[1] ~= ARGV[1] or not held[2] or not held[3] then return false end
return { held[2], held[3], string.format('%.0f', now - (tonumber(held[4]) or 0)) }
`

/**
 * KEYS entry. ARGV format, expected version ('' for none), new version, payload, ttl in ms. Yields 1 if it wrote. A
 * client that lost the answer and sends the command again finds its own version, and has written.
 */
export const SET = `${NOW}
local version = ''
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' then
  local held = redis.call('HMGET', KEYS[1], 'format', 'version')
  if held[1] == ARGV[1] and held[2] then version = held[2] end
end
if version == ARGV[3] then return 1 end
if version ~= ARGV[2] then return 0 end
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'version', ARGV[3], 'payload', ARGV[4],
  'writtenAt', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
`

/**
 * KEYS leases, a sorted set of owners by the start of their lease. ARGV owner, maxWait, longest period, and then count
 * and period of each limit. Yields 1 and the wait if the lease was granted, else 0 and the wait that it would take.
 */
export const LEASE = `${NOW}
local maxWait, longest, start = tonumber(ARGV[2]), tonumber(ARGV[3]), now
for at = 4, #ARGV, 2 do
  local nth = redis.call('ZRANGE', KEYS[1], -ARGV[at], -ARGV[at], 'WITHSCORES')[2]
  if nth then start = math.max(start, math.min(tonumber(nth), now + maxWait) + ARGV[at + 1]) end
end
if start - now > maxWait then return { 0, start - now } end
redis.call('ZADD', KEYS[1], string.format('%.0f', start), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - longest))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', start - now + longest))
return { 1, start - now }
`

/** KEYS leases. ARGV owner, longest period. Yields 1 if the lease was still the owner's, and starts anew. */
export const RENEW = `${NOW}
local start = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not start or tonumber(start) <= now - ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last - now + ARGV[2]))
return 1
`

/** KEYS leases. ARGV owner. */
export const RELEASE = `return redis.call('ZREM', KEYS[1], ARGV[1])`
