-- Counts the jobs of a queue.
--
-- Returns: all that are neither done nor dead; those that wait for a time; those
-- that are out; dead letters; ms since the oldest that is not out was enqueued;
-- bytes of bodies.
advance()
ring()
local total = redis.call('ZCARD', order)
local delayed = redis.call('ZCOUNT', later, '(' .. int(now), '+inf')
local away = redis.call('ZCOUNT', out, '(' .. int(now), '+inf')

-- The oldest that is not out is among the first, one more than are out.
local taken = {}
for _, group in ipairs(redis.call('ZRANGEBYSCORE', out, '(' .. int(now), '+inf')) do
  taken[head(group)] = true
end
local age = 0
for _, number in ipairs(redis.call('ZRANGE', order, 0, away)) do
  if not taken[number] then
    age = now - job_of(number).at
    break
  end
end
return {total, delayed, away, redis.call('ZCARD', dead), age, tonumber(redis.call('HGET', state, 'bytes') or 0)}
