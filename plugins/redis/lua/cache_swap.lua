-- Stores a value if the present one is the expected one.
--
-- KEYS[1]  the key
-- ARGV[1]  the expected value behind a "=", or empty: the key must be absent
-- ARGV[2]  the new value behind a "=", or empty: the key is deleted
-- ARGV[3]  its lifetime in ms; 0 means for ever
--
-- Returns 1 if it stored (or deleted), else 0.
local present = redis.call('GET', KEYS[1])
if ARGV[1] == '' then
  if present then
    return 0
  end
elseif not present or '=' .. present ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('UNLINK', KEYS[1])
elseif ARGV[3] == '0' then
  redis.call('SET', KEYS[1], string.sub(ARGV[2], 2))
else
  redis.call('SET', KEYS[1], string.sub(ARGV[2], 2), 'PX', ARGV[3])
end
return 1
