-- Leases: by incarnation, when one ends, when it was renewed last, since when the
-- renewals have no gap, how long it is, and what its node reads and writes. "gone"
-- are incarnations that can never come back.
local reapAfter, remember = 2000, 86400000
local mostReleased = 2000

local function leases() return base .. 'lease' end

local function gone() return base .. 'gone' end

local function lease(of)
  local text = redis.call('HGET', leases(), of)
  return text and cjson.decode(text)
end

local function keep(of, l) redis.call('HSET', leases(), of, cjson.encode(l)) end

local function lives(l) return l and time < l.ends end

-- release gives back what an incarnation holds, in a fixed order. Of very much
-- it gives back a part and answers "more"; the lease has ended then.
local function release(of)
  local entries, much = nil, redis.call('SCARD', held(of)) > mostReleased
  if much then
    entries = redis.call('SRANDMEMBER', held(of), mostReleased)
  else
    entries = redis.call('SMEMBERS', held(of))
  end
  local holdings = {}
  for i, entry in ipairs(entries) do
    local name, user = unframed(entry)
    holdings[i] = {name = name, user = user}
  end
  table.sort(holdings, function(a, b)
    return a.name < b.name or a.name == b.name and a.user < b.user
  end)
  for _, h in ipairs(holdings) do set(of, h.name, h.user, '', false, 0, 0) end
  tell()
  if much then
    local l = lease(of)
    l.ends, l.leaving = math.min(l.ends, time), true
    keep(of, l)
    return {'more'}
  end
  redis.call('DEL', held(of))
  redis.call('HDEL', leases(), of)
  redis.call('HDEL', base .. 'applied', of)
  redis.call('ZADD', gone(), int(time), of)
  redis.call('ZREMRANGEBYSCORE', gone(), '-inf', int(time - remember))
  return {'ok'}
end

-- ended finds the leases that ended long enough ago.
local function ended()
  local all, dead = redis.call('HGETALL', leases()), {}
  for i = 1, #all, 2 do
    if time - cjson.decode(all[i + 1]).ends > reapAfter then dead[#dead + 1] = all[i] end
  end
  table.sort(dead)
  return dead
end

-- unreadable names a living node which the new one cannot understand, or which
-- cannot understand the new one.
local function unreadable(l)
  local all = redis.call('HGETALL', leases())
  for i = 1, #all, 2 do
    local o = cjson.decode(all[i + 1])
    if lives(o) and (l.writes > o.reads or o.writes > l.reads) then
      return string.format('node %q reads %d and writes %d', o.node, o.reads, o.writes)
    end
  end
end
