-- The commands. Each answers with a list whose first word says what became of it.
local commands = {}

local function place(word) return {word, int(cell.epoch), int(cell.seq), int(time)} end

-- join: lease in ms, reads, writes, node, a word that only this call knows. The
-- same word again is the same call, whose answer was lost.
function commands.join(length, reads, writes, node, token)
  local mine = lease(me)
  if mine and mine.token == token then return place('ok') end
  if lives(mine) then return {'conflict'} end
  if mine or redis.call('ZSCORE', gone(), me) then return {'fenced'} end
  length = tonumber(length)
  local l = {
    ends = time + length, renewed = time, steady = time, length = length,
    reads = tonumber(reads), writes = tonumber(writes), node = node, token = token,
  }
  local other = unreadable(l)
  if other then return {'invalid', other} end
  keep(me, l)
  return place('ok')
end

-- yield ends the lease of a node that was fenced in another cell.
function commands.yield()
  local l = lease(me)
  if lives(l) then
    l.ends = time
    keep(me, l)
  end
  return {'ok'}
end

function commands.leave()
  local l = lease(me)
  if not lives(l) and not (l and l.leaving) then return {'fenced'} end
  return release(me)
end

function commands.renew()
  local l = lease(me)
  if not lives(l) then return {'fenced'} end
  if time - l.renewed > l.length / 2 then l.steady = time end
  l.renewed, l.ends = time, time + l.length
  keep(me, l)
  return place('ok')
end

-- dead: only a node whose own renewals had no gap for a whole lease judges others.
function commands.dead()
  local l = lease(me)
  if not lives(l) then return {'fenced'} end
  if time - l.renewed > l.length / 2 or time - l.steady < l.length then return {'ok'} end
  return {'ok', unpack(ended())}
end

-- bury: an incarnation that is dead in one of the cells. In another its lease may
-- have ended a moment later.
function commands.bury(of)
  if not lives(lease(me)) then return {'fenced'} end
  local l = lease(of)
  if l and not lives(l) then return release(of) end
  return {'ok'}
end

function commands.retire(of)
  if not lives(lease(me)) then return {'fenced'} end
  if lease(of) then return release(of) end
  return {'ok'}
end

local function result(r)
  local flags = (r.first and 1 or 0) + (r.last and 2 or 0) + (r.refused and 4 or 0)
  return table.concat({r.seq, flags, r.total}, ' ')
end

-- apply: version, the version that must stand before it (0: any), and six words
-- for each change: name, user, info, 1 if present, count, limit.
function commands.apply(version, before)
  if not lives(lease(me)) then return {'fenced'} end
  local done = redis.call('HGET', base .. 'applied', me)
  local last = done and cmsgpack.unpack(done) or {0}
  local answer = {'ok', int(cell.epoch)}
  version = tonumber(version)
  if version == last[1] then return last[2] end
  if last[1] < tonumber(before) then return {'early'} end
  for i = 6, #ARGV, 6 do
    local r
    if version < last[1] then
      r = {seq = 0, total = total(ARGV[i])}
    else
      r = set(me, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] == '1',
        tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5]))
    end
    answer[#answer + 1] = result(r)
  end
  tell()
  if version > last[1] then redis.call('HSET', base .. 'applied', me, cmsgpack.pack({version, answer})) end
  return answer
end

-- changes: epoch and seq to begin after, and how many.
function commands.changes(epoch, seq, limit)
  seq = tonumber(seq)
  if tonumber(epoch) ~= cell.epoch or seq > cell.seq then return {'unknown'} end
  local found = redis.call('XRANGE', base .. 'log', int(seq + 1) .. '-0', '+', 'COUNT', limit)
  if seq < cell.seq and (#found == 0 or found[1][1] ~= int(seq + 1) .. '-0') then return {'unknown'} end
  local answer, bytes = {'ok'}, 0
  for _, entry in ipairs(found) do
    if bytes > 1048576 then break end
    answer[#answer + 1], bytes = entry[2][2], bytes + #entry[2][2]
  end
  return answer
end

-- page: "" or what the page before named as next: epoch, place in the set, and
-- incarnation. The incarnations are gone through in their order.
function commands.page(cursor)
  local epoch, at, of = string.match(cursor, '^(%d+) (%d+) (.*)$')
  if cursor ~= '' and tonumber(epoch) ~= cell.epoch then return {'unknown'} end
  local all = redis.call('HKEYS', leases())
  table.sort(all)
  local answer, nextOf = place(''), nil
  for _, other in ipairs(all) do
    if not of or other > of or other == of then
      nextOf = other
      break
    end
  end
  if nextOf ~= of then at = '0' end
  of = nextOf
  if not of then return answer end
  local scan = redis.call('SSCAN', held(of), at, 'COUNT', 250)
  for _, entry in ipairs(scan[2]) do
    local name, user = unframed(entry)
    local value
    if isMembers(name) then
      value = cmsgpack.unpack(redis.call('HGET', state(name), user))[1]
    else
      value = redis.call('HGET', state(name), of)
    end
    answer[#answer + 1] = framed(of) .. framed(name) .. framed(user) .. framed(value)
  end
  if scan[1] == '0' then
    of = nil
    for _, other in ipairs(all) do
      if other > nextOf then
        of = other
        break
      end
    end
  end
  if of then answer[1] = table.concat({int(cell.epoch), scan[1], of}, ' ') end
  return answer
end

function commands.lead()
  if not lives(lease(me)) then return {'fenced'} end
  local led = redis.call('HMGET', meta, 'leader', 'cursor_epoch', 'cursor_seq')
  if led[1] and led[1] ~= me and lives(lease(led[1])) then return {'conflict', led[1]} end
  redis.call('HSET', meta, 'leader', me)
  return {'ok', led[2] or '0', led[3] or '0'}
end

-- advance: epoch and seq of the cursor, and 1 to resign.
function commands.advance(epoch, seq, resign)
  if not lives(lease(me)) then return {'fenced'} end
  local led = redis.call('HMGET', meta, 'leader', 'cursor_epoch', 'cursor_seq')
  if led[1] ~= me then return {'conflict', led[1] or ''} end
  local e, s = tonumber(led[2] or 0), tonumber(led[3] or 0)
  if e < tonumber(epoch) or e == tonumber(epoch) and s < tonumber(seq) then
    redis.call('HSET', meta, 'cursor_epoch', epoch, 'cursor_seq', seq)
  end
  if resign == '1' then redis.call('HDEL', meta, 'leader') end
  return {'ok'}
end

local answers = {}
for i, key in ipairs(KEYS) do
  begin(key)
  answers[i] = commands[ARGV[1]](unpack(ARGV, 4, 9))
end
if #KEYS == 1 then return answers[1] end
return answers
