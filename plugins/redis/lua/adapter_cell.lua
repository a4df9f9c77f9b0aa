-- A cell: its "meta" is one of KEYS, and all its other keys stand beside that.
-- ARGV: the command, the incarnation that asks, the newest epoch it knows of,
-- and what the command needs.
local time, me, known = now(), ARGV[2], tonumber(ARGV[3])
local meta, base -- of the cell at hand
local cell = {}
local told, size = {}, 0

-- int writes whole numbers that have more digits than Lua prints by itself.
local function int(n) return string.format('%.0f', n) end

local function framed(s) return #s .. ':' .. s end

local function publish(text) redis.call(PUBLISH, base .. 'state', text) end

-- begin turns to a cell and reads where it stands. The id of the server's history is another
-- after a restart and after a promotion: what was written before may lack its
-- end, and an empty cell may have lost everything. Both begin a new epoch.
local function begin(key)
  meta, base = key, string.sub(key, 1, -5)
  local run = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
  local was = redis.call('HMGET', meta, 'run', 'epoch', 'seq')
  cell.epoch, cell.seq = tonumber(was[2]), tonumber(was[3])
  if was[1] == run then return end
  cell.epoch, cell.seq = math.max(time, known + 1, (cell.epoch or 0) + 1), 0
  redis.call('HSET', meta, 'run', run, 'epoch', int(cell.epoch), 'seq', 0)
  redis.call('DEL', base .. 'log', base .. 'applied')
  publish('epoch ' .. int(cell.epoch))
end

-- tell publishes the changes noted so far.
local function tell()
  if #told == 0 then return end
  redis.call('HSET', meta, 'seq', cell.seq)
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
