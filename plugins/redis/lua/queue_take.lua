-- Hands jobs over, after what became due meanwhile has taken effect.
--
-- ARGV[6]  most jobs to hand over
-- ARGV[7]  their lease in ms
-- ARGV[8]  a text that nobody else uses, for the receipts
-- ARGV[9]  the text of an earlier call whose answer was lost, or empty: what
--          that call handed over comes first
-- ARGV[10] most bytes to hand over, though never less than one job
--
-- Returns ms until something happens by itself (-1: never), the leases that
-- were lost, the dead letters made of them, and of each job: number, attempt,
-- receipt, JSON, body.
local lost, died = advance()
local answer, room = {0, 0, 0}, tonumber(ARGV[10])

local function add(number, attempt, receipt)
  local body = redis.call('HGET', bodies, number)
  room = room - #body
  for _, value in ipairs({number, attempt, receipt, redis.call('HGET', jobs, number), body}) do
    answer[#answer + 1] = value
  end
end

local taken = 0
if ARGV[9] ~= '' then
  local all = redis.call('HGETALL', held)
  for i = 1, #all, 2 do
    if string.sub(all[i + 1], -#ARGV[9]) == ARGV[9] then
      local number = head(all[i])
      redis.call('ZADD', out, now + tonumber(ARGV[7]), all[i])
      add(number, tonumber(redis.call('HGET', attempts, number)), all[i + 1])
      taken = taken + 1
    end
  end
end

while taken < tonumber(ARGV[6]) and room > 0 do
  local group = redis.call('ZPOPMIN', ready)[1]
  if not group then
    break
  end
  local number = head(group)
  local attempt = redis.call('HINCRBY', attempts, number, 1)
  local receipt = number .. '-' .. int(attempt) .. '-' .. ARGV[8]
  redis.call('ZADD', out, now + tonumber(ARGV[7]), group)
  redis.call('HSET', held, group, receipt)
  add(number, attempt, receipt)
  taken = taken + 1
end

ring()
local at = alarm()
answer[1] = at and math.max(0, at - now) or -1
answer[2], answer[3] = lost, died
return answer
