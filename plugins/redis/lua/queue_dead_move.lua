-- Replays dead letters as new jobs, or purges them.
--
-- ARGV[6]  replay or purge
-- ARGV[7]  most letters to move
-- ARGV[8]  most jobs that the queue may hold
-- ARGV[9]  all: the oldest; some: those whose ids are ARGV[10] and on
--
-- Returns how many it moved, and 1 if a full queue kept it from going on.
advance()
local numbers = {}
if ARGV[9] == 'all' then
  numbers = redis.call('ZRANGE', dead, 0, tonumber(ARGV[7]) - 1)
else
  for i = 10, #ARGV do
    for _, member in ipairs(range(deadids, ARGV[i], tonumber(ARGV[7]))) do
      numbers[#numbers + 1] = number_of(member, ARGV[i])
    end
  end
  table.sort(numbers, function(a, b)
    return tonumber(redis.call('ZSCORE', dead, a)) < tonumber(redis.call('ZSCORE', dead, b))
  end)
end

local moved, full = 0, 0
for _, number in ipairs(numbers) do
  if ARGV[6] == 'replay' and redis.call('ZCARD', order) >= tonumber(ARGV[8]) then
    full = 1
    break
  end
  local job = job_of(number)
  local body = redis.call('HGET', bodies, number)
  forget_dead(number, job.id)
  forget(number)
  if ARGV[6] == 'replay' then
    local new = string.format('%016d', redis.call('HINCRBY', state, 'number', 1))
    local first = not head(job.group)
    job.at, job.due = now, now
    redis.call('HINCRBY', state, 'bytes', #body)
    redis.call('HSET', jobs, new, cjson.encode(job))
    redis.call('HSET', bodies, new, body)
    redis.call('ZADD', line, 0, prefixed(job.group) .. new)
    redis.call('ZADD', order, new, new)
    if first then
      make_ready(job.group)
    end
  end
  moved = moved + 1
end
ring()
return {moved, full}
