-- A page of dead letters, oldest first.
--
-- ARGV[6]  where the page begins: the order of death must be greater
-- ARGV[7]  most letters
-- ARGV[8]  most bytes, though never less than one letter
--
-- Returns whether there is more, and of each letter: order of death, attempts,
-- JSON, JSON of the death, body.
advance()
local page = redis.call('ZRANGEBYSCORE', dead, '(' .. ARGV[6], '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[7]) + 1)
local answer, room = {0}, tonumber(ARGV[8])
for i = 1, #page, 2 do
  if i > 2 * tonumber(ARGV[7]) or room <= 0 then
    answer[1] = 1
    break
  end
  local body = redis.call('HGET', bodies, page[i])
  room = room - #body
  for _, value in ipairs({page[i + 1], redis.call('HGET', attempts, page[i]) or 0, redis.call('HGET', jobs, page[i]), redis.call('HGET', deaths, page[i]), body}) do
    answer[#answer + 1] = value
  end
end
ring()
return answer
