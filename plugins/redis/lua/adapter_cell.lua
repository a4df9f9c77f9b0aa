-- A cell: KEYS[1] is its "meta", and all its other keys stand beside that one.
-- ARGV: the command, the incarnation that asks, the newest epoch it knows of,
-- and what the command needs.
local base = string.sub(KEYS[1], 1, -5)
local time, me, known = now(), ARGV[2], tonumber(ARGV[3])
local cell = {}
local told, size = {}, 0

-- int writes whole numbers that have more digits than Lua prints by itself.
local function int(n) return string.format('%.0f', n) end

local function framed(s) return #s .. ':' .. s end

local function publish(text) redis.call(PUBLISH, base .. 'state', text) end

-- begin reads where the cell stands. The id of the server's history is another
-- after a restart and after a promotion: what was written before may lack its
-- end, and an empty cell may have lost everything. Both begin a new epoch.
local function begin()
  local run = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
  local meta = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'seq')
  cell.epoch, cell.seq = tonumber(meta[2]), tonumber(meta[3])
  if meta[1] == run then return end
  cell.epoch, cell.seq = math.max(time, known + 1, (cell.epoch or 0) + 1), 0
  redis.call('HSET', KEYS[1], 'run', run, 'epoch', int(cell.epoch), 'seq', 0)
  redis.call('DEL', base .. 'log', base .. 'applied')
  publish('epoch ' .. int(cell.epoch))
end

-- tell publishes the changes noted so far.
local function tell()
  if #told == 0 then return end
  redis.call('HSET', KEYS[1], 'seq', cell.seq)
  publish('changes ' .. table.concat(told))
  told, size = {}, 0
end

-- note gives a change its place in the sequence and in the log.
local function note(by, name, user, info, present, count, r)
  cell.seq = cell.seq + 1
  r.seq = cell.seq
  local flags = (r.first and 1 or 0) + (r.last and 2 or 0) + (present and 4 or 0)
  local entry = table.concat({int(cell.epoch), cell.seq, int(time), flags, count, r.total}, ' ') .. '\n'
    .. framed(by) .. framed(name) .. framed(user) .. framed(info)
  redis.call('XADD', base .. 'log', 'MAXLEN', '~', 10000, cell.seq .. '-0', 'c', entry)
  told[#told + 1], size = framed(entry), size + #entry
  if size > 262144 then tell() end
end
