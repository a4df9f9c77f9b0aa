-- Adds to the number under a key, at most once per call id.
--
-- KEYS[1]  the key; its value is a decimal number of 64 bits
-- KEYS[2]  where the result of the call is kept for its retries
-- ARGV[1]  what to add
-- ARGV[2]  lifetime in ms of a key that did not exist; 0 means for ever
-- ARGV[3]  how long the result is kept in ms; 0 means not at all
--
-- Returns the new number as text, because a number of Lua has 53 bits only.
if ARGV[3] ~= '0' then
  local result = redis.call('GET', KEYS[2])
  if result then
    return result
  end
end
local existed = redis.call('EXISTS', KEYS[1])
redis.call('INCRBY', KEYS[1], ARGV[1])
if existed == 0 and ARGV[2] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
local result = redis.call('GET', KEYS[1])
if ARGV[3] ~= '0' then
  redis.call('SET', KEYS[2], result, 'PX', ARGV[3])
end
return result
