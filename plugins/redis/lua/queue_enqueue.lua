-- Stores jobs, each once.
--
-- ARGV[6]  how long ids are remembered in ms
-- ARGV[7]  most jobs; ARGV[8] most of one group; ARGV[9] most bytes of bodies
-- ARGV[10]  of each job: id, group, most attempts, delay in ms, body
--
-- Returns for each job: 1 stored, 0 known already, or why it was refused:
-- -1 too many jobs, -2 too many of its group, -3 too many bytes.
-- It always writes, if only the same number: WAIT behind it would else, from
-- Redis 7.2 on, not wait for the jobs that an earlier run stored.
local memory = tonumber(ARGV[6])

local function store(id, group, max, delay, body)
  local until_ms = tonumber(redis.call('ZSCORE', ids, id) or 0)
  if until_ms > now then
    return 0
  end
  if redis.call('ZCARD', order) >= tonumber(ARGV[7]) then
    return -1
  end
  local others = redis.call('ZLEXCOUNT', line, '[' .. prefixed(group), '(' .. prefixed(group) .. ':')
  if others >= tonumber(ARGV[8]) then
    return -2
  end
  if tonumber(redis.call('HGET', state, 'bytes') or 0) + #body > tonumber(ARGV[9]) then
    return -3
  end
  redis.call('HINCRBY', state, 'bytes', #body)
  local number = string.format('%016d', redis.call('HINCRBY', state, 'number', 1))
  local due = now + tonumber(delay)
  redis.call('HSET', jobs, number, cjson.encode({id = id, group = group, max = tonumber(max), at = now, due = due}))
  redis.call('HSET', bodies, number, body)
  redis.call('ZADD', line, 0, prefixed(group) .. number)
  redis.call('ZADD', order, number, number)
  if memory > 0 then
    redis.call('ZADD', ids, now + memory, id)
  end
  if others == 0 then
    schedule(group, due)
  end
  return 1
end

redis.call('HINCRBY', state, 'number', 0)
local results = {}
for i = 10, #ARGV, 5 do
  results[#results + 1] = store(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
end

-- Old ids go, a bounded number at a time.
local old = redis.call('ZRANGEBYSCORE', ids, '-inf', now, 'LIMIT', 0, 1000)
if #old > 0 then
  redis.call('ZREM', ids, unpack(old))
end

ring()
return results
