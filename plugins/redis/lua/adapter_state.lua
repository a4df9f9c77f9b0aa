-- What is held in a cell. A name is "m:.." for the members of a presence channel,
-- a hash of users, each with its info and its holders; or "n:.." for numbers, a
-- hash of incarnations with the sum under "". "held:.." is what one incarnation holds.
local function state(name) return base .. 'st:' .. name end

local function held(by) return base .. 'held:' .. by end

local function isMembers(name) return string.sub(name, 1, 1) == 'm' end

local function total(name)
  if isMembers(name) then return redis.call('HLEN', state(name)) end
  return tonumber(redis.call('HGET', state(name), '') or 0)
end

local function holder(rec, by)
  for i = 2, #rec do
    if rec[i] == by then return i end
  end
end

local function setUser(by, name, user, info, present, limit)
  local key, r = state(name), {seq = 0}
  local packed = redis.call('HGET', key, user)
  local rec = packed and cmsgpack.unpack(packed) or {info}
  local at = holder(rec, by)
  r.total = redis.call('HLEN', key)
  if present == (at ~= nil) then return r end
  if not present then
    table.remove(rec, at)
    r.last = #rec == 1
  else
    if not packed and limit > 0 and r.total >= limit then
      r.refused = true
      return r
    end
    rec[#rec + 1], r.first = by, not packed
  end
  redis.call(present and 'SADD' or 'SREM', held(by), framed(name) .. user)
  if r.last then
    redis.call('HDEL', key, user)
    r.total = r.total - 1
  else
    redis.call('HSET', key, user, cmsgpack.pack(rec))
    if r.first then r.total = r.total + 1 end
  end
  note(by, name, user, present and rec[1] or '', present, 0, r)
  return r
end

local function setCount(by, name, count, limit)
  local key = state(name)
  local got = redis.call('HMGET', key, '', by)
  local before, mine = tonumber(got[1] or 0), tonumber(got[2] or 0)
  local after = before - mine + count
  if count == mine then return {seq = 0, total = before} end
  if limit > 0 and count > mine and after > limit then return {seq = 0, total = before, refused = true} end
  if count == 0 then
    redis.call('HDEL', key, by)
    redis.call('SREM', held(by), framed(name))
  else
    redis.call('HSET', key, by, count)
    redis.call('SADD', held(by), framed(name))
  end
  if after == 0 then redis.call('DEL', key) else redis.call('HSET', key, '', after) end
  local r = {total = after, first = before == 0, last = after == 0}
  note(by, name, '', '', false, count, r)
  return r
end

local function set(by, name, user, info, present, count, limit)
  if isMembers(name) then return setUser(by, name, user, info, present, limit) end
  return setCount(by, name, count, limit)
end

-- unframed splits what "held" keeps into name and user.
local function unframed(entry)
  local colon = string.find(entry, ':', 1, true)
  local n = tonumber(string.sub(entry, 1, colon - 1))
  return string.sub(entry, colon + 1, colon + n), string.sub(entry, colon + n + 1)
end
