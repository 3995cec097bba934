// Each script touches one key, so that it runs on a Cluster as on a single node. Times are the server's: the clocks of
// the processes may differ. Lua prints large numbers with an exponent, hence '%.0f'. The first write of a script is the
// one that may need memory: a full Redis refuses that one, and no write after it.

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * What an entry needs at most: a token of 256 KiB whose every character JSON and Base64 make longer. What is larger was
 * not written by this store, and is never sent to a client.
 */
export const LONGEST_PAYLOAD: number = 1024 * 1024

// Sets `version` to that of the entry that is held, or to '' where there is none of this format. The lengths are asked
// first: anyone who can write to Redis can also write fields of 512 MB.
const VERSION = `
local version, kind = '', redis.call('TYPE', KEYS[1]).ok
local length = function(field) return redis.call('HSTRLEN', KEYS[1], field) end
if kind == 'hash' and length('format') <= 16 and length('version') <= 64 then
  local held = redis.call('HMGET', KEYS[1], 'format', 'version')
  if held[1] == ARGV[1] and held[2] then version = held[2] end
end
`

/**
 * KEYS entry. ARGV format. Returns the server's time in ms, and version and payload if there is an entry of the format;
 * the payload is '' where it is missing or longer than what is ever written.
 */
export const GET = `${NOW}${VERSION}
local at = string.format('%.0f', now)
if version == '' then return { at } end
local bytes = length('payload')
return { at, version, bytes > ${LONGEST_PAYLOAD} and '' or redis.call('HGET', KEYS[1], 'payload') or '' }
`

/** KEYS any key of the node that is asked. Returns the server's time in ms. */
export const TIME = `${NOW}
return string.format('%.0f', now)
`

/**
 * KEYS entry. ARGV format, expected version ('' for none), new version, payload, ttl in ms. Returns 1 if it wrote. A
 * client that lost the answer and sends the command again finds its own version, and has written.
 */
export const SET = `${VERSION}
if version == ARGV[3] then return 1 end
if version ~= ARGV[2] then return 0 end
if version == '' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'version', ARGV[3], 'payload', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
`

/**
 * KEYS leases, a sorted set of owners by the start of their lease. ARGV owner, maxWait, longest period, then count and
 * period of each limit. Returns 1 and the wait if the lease is granted, else 0 and the wait that it would take.
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

/** KEYS leases. ARGV owner, longest period. Returns 1, and starts it again, if the lease is still the owner's. */
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
