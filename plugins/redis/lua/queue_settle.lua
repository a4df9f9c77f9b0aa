-- Ends or extends a hand-over.
--
-- ARGV[6]  the receipt
-- ARGV[7]  ack, nack, reject, untake (nobody began) or extend
-- ARGV[8]  nack: ms until the next attempt; extend: the lease in ms
-- ARGV[9]  nack and reject: the reason
--
-- Returns 1 if it did; 2 if the job became a dead letter; 0 if it is not out
-- under this receipt; -1 if it is not there any more.
local number = string.match(ARGV[6], '^(%d+)-')
local text = number and redis.call('ZSCORE', order, number) and redis.call('HGET', jobs, number)
if not text then
  return -1
end
local job = cjson.decode(text)
if redis.call('HGET', held, job.group) ~= ARGV[6] then
  return 0
end
local how, time = ARGV[7], tonumber(ARGV[8])
if how == 'extend' then
  redis.call('ZADD', out, now + time, job.group)
  return 1
end

redis.call('ZREM', out, job.group)
redis.call('HDEL', held, job.group)
local died = false
if how == 'ack' then
  unlink(number, job.group)
  forget(number)
  schedule_next(job.group)
elseif how == 'nack' then
  redis.call('HDEL', losses, number)
  died = try_again(number, ARGV[9], now + time)
elseif how == 'reject' then
  bury(number, job, ARGV[9])
  died = true
else
  redis.call('HINCRBY', attempts, number, -1)
  make_ready(job.group)
end
ring()
return died and 2 or 1
