-- What all scripts of the queue share; each of them stands behind this text.
--
-- A queue is groups of jobs. Only the first job of a group can be out or wait
-- for a time; the others wait behind it. A group that has jobs is in exactly one
-- of three places: ready, later or out. All keys of a queue lie in one slot.
local line = KEYS[1]       -- zset, all scores 0: "<length of group><group><number>", so a group's jobs stand together in order
local ready = KEYS[2]      -- zset of groups by turn: the first job can be handed over
local later = KEYS[3]      -- zset of groups by ms: the first job is due then
local out = KEYS[4]        -- zset of groups by ms: the first job is out, its lease ends then
local held = KEYS[5]       -- hash, group that is out -> receipt of the hand-over
local jobs = KEYS[6]       -- hash, number -> JSON {id, group, max, at, due}: what never changes
local bodies = KEYS[7]     -- hash, number -> body
local attempts = KEYS[8]   -- hash, number -> hand-overs so far
local order = KEYS[9]      -- zset of numbers by number: all jobs that are neither done nor dead
local ids = KEYS[10]       -- zset of job ids by ms: remembered until then
local state = KEYS[11]     -- hash of counters: number, turn, deaths, bytes
local dead = KEYS[12]      -- zset of numbers by order of death
local deaths = KEYS[13]    -- hash, number -> JSON {reason, at}
local deadids = KEYS[14]   -- zset, all scores 0: "<length of id><id><number>" of dead letters
local losses = KEYS[15]    -- hash, number -> leases lost since a worker last had its say

local channel = ARGV[2]               -- where waiting consumers listen
local most_attempts = tonumber(ARGV[3]) -- of jobs that do not say, and most leases lost in a row
local retention = tonumber(ARGV[4])   -- dead letters to keep
local stalled = tonumber(ARGV[5])     -- groups that become due at a time

-- The clock of this server in ms, or that of a test.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function int(n)
  return string.format('%.0f', n)
end

local function prefixed(text)
  return string.format('%04x', #text) .. text
end

-- All members of a lexical zset that begin with a text and go on with a number.
local function range(key, text, count)
  return redis.call('ZRANGEBYLEX', key, '[' .. prefixed(text), '(' .. prefixed(text) .. ':', 'LIMIT', 0, count)
end

local function number_of(member, text)
  return string.sub(member, #text + 5)
end

-- The number of a group's first job, or nil.
local function head(group)
  local first = range(line, group, 1)[1]
  return first and number_of(first, group)
end

local function job_of(number)
  return cjson.decode(redis.call('HGET', jobs, number))
end

-- When the next thing happens by itself: nil if never.
local function alarm()
  local a = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')[2]
  local b = redis.call('ZRANGE', out, 0, 0, 'WITHSCORES')[2]
  a, b = tonumber(a), tonumber(b)
  return a and b and math.min(a, b) or a or b
end

local idle = redis.call('EXISTS', ready) == 0
local alarm_before = alarm()

-- Wakes who waits, if there is now work for them or they would sleep too long. A
-- user who may not publish has consumers that look by themselves.
local function ring()
  local at = alarm()
  local sooner = at and (not alarm_before or at < alarm_before)
  if sooner or idle and redis.call('EXISTS', ready) == 1 then
    redis.pcall('PUBLISH', channel, '')
  end
end

local function make_ready(group)
  redis.call('ZADD', ready, redis.call('HINCRBY', state, 'turn', 1), group)
end

-- Puts a group that has no place where its first job belongs.
local function schedule(group, due)
  if due > now then
    redis.call('ZADD', later, due, group)
  else
    make_ready(group)
  end
end

local function schedule_next(group)
  local number = head(group)
  if number then
    schedule(group, job_of(number).due)
  end
end

-- Takes a job out of its group; number, body and attempts stay.
local function unlink(number, group)
  redis.call('ZREM', line, prefixed(group) .. number)
  redis.call('ZREM', order, number)
end

local function forget(number)
  redis.call('HINCRBY', state, 'bytes', 0 - redis.call('HSTRLEN', bodies, number))
  redis.call('HDEL', jobs, number)
  redis.call('HDEL', bodies, number)
  redis.call('HDEL', attempts, number)
  redis.call('HDEL', losses, number)
end

-- Forgets a dead letter, whose id must be known.
local function forget_dead(number, id)
  redis.call('ZREM', dead, number)
  redis.call('ZREM', deadids, prefixed(id) .. number)
  redis.call('HDEL', deaths, number)
end

-- Makes a dead letter of a group's first job, which has no place, and lets the
-- group go on.
local function bury(number, job, reason)
  unlink(number, job.group)
  redis.call('ZADD', dead, redis.call('HINCRBY', state, 'deaths', 1), number)
  redis.call('ZADD', deadids, 0, prefixed(job.id) .. number)
  redis.call('HSET', deaths, number, cjson.encode({reason = reason, at = now}))
  local surplus = redis.call('ZCARD', dead) - retention
  if surplus > 0 then
    for _, oldest in ipairs(redis.call('ZRANGE', dead, 0, math.min(surplus, 100) - 1)) do
      forget_dead(oldest, job_of(oldest).id)
      forget(oldest)
    end
  end
  schedule_next(job.group)
end

-- Gives a group's first job, which has no place, another attempt at due, or
-- makes it a dead letter: because its attempts are used up, or because of a
-- reason of the caller's. Returns whether it died.
local function try_again(number, reason, due, must_die)
  local job = job_of(number)
  local most = job.max > 0 and job.max or most_attempts
  if must_die or tonumber(redis.call('HGET', attempts, number) or 0) >= most then
    bury(number, job, reason)
    return true
  end
  schedule(job.group, due)
  return false
end

-- Lets happen what was due by now: delays end, leases are lost. Returns how many
-- leases were lost, and how many dead letters that made.
local function advance()
  local lost, died = 0, 0
  for _, group in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, stalled)) do
    redis.call('ZREM', later, group)
    make_ready(group)
  end
  for _, group in ipairs(redis.call('ZRANGEBYSCORE', out, '-inf', now, 'LIMIT', 0, stalled)) do
    redis.call('ZREM', out, group)
    redis.call('HDEL', held, group)
    lost = lost + 1
    -- A job that ends its workers must not do so for ever, whatever it says.
    local number = head(group)
    local fatal = redis.call('HINCRBY', losses, number, 1) >= most_attempts
    if try_again(number, 'the last lease ended without an outcome', now, fatal) then
      died = died + 1
    end
  end
  return lost, died
end
