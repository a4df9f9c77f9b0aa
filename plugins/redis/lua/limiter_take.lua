-- GCRA: Limit units per Window with a burst of Limit, on this server's clock.
--
-- KEYS[1]  the limit: when all that was taken will be given back, as
--          "<microseconds since 1970> <nanoseconds more>"
-- KEYS[2]  where the answer is kept for retries of the same request
-- ARGV[1]  cost in units
-- ARGV[2]  the time that one unit takes to come back, in ns
-- ARGV[3]  the window in ns
-- ARGV[4]  1: all or nothing (take); 0: as much as there is, at most the cost (lease)
-- ARGV[5]  how long the answer is kept in ms; 0 means not at all
-- ARGV[6]  the time in microseconds, for tests; empty means the server's
--
-- Returns what was granted, and three times in ns: until the whole limit is free
-- again, until the same request would be granted (0 if it was), and what is free.
local kept = ARGV[5] ~= '0' and redis.call('GET', KEYS[2])
if kept then
  return cjson.decode(kept)
end

local cost, interval, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[6])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- Numbers of Lua are exact to 53 bits: absolute times are kept in two parts, and
-- only differences are in ns.
local taken = 0
local state = redis.call('GET', KEYS[1])
if state then
  local us, ns = string.match(state, '^(%d+) (%d+)$')
  taken = math.max(0, (tonumber(us) - now) * 1000 + tonumber(ns))
end

local granted = cost
if ARGV[4] == '0' then
  granted = math.max(0, math.min(cost, math.floor((window - taken) / interval)))
end
local after = taken + granted * interval
local retry = 0
if after > window then
  retry = after - window
  granted, after = 0, taken
elseif granted == 0 then
  retry = after + interval - window
elseif granted > 0 then
  local free = string.format('%.0f %.0f', now + math.floor(after / 1000), after % 1000)
  if ARGV[6] == '' then
    redis.call('SET', KEYS[1], free, 'PX', math.ceil(after / 1000000) + 1)
  else
    redis.call('SET', KEYS[1], free)
  end
end

local far = 2 ^ 61
local answer = {granted, math.min(after, far), math.min(retry, far), math.max(0, window - after)}
if ARGV[5] ~= '0' then
  redis.call('SET', KEYS[2], string.format('[%.0f,%.0f,%.0f,%.0f]', unpack(answer)), 'PX', ARGV[5])
end
return answer
