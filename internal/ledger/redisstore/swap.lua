-- One Swap. KEYS: the record; the mark of the content. ARGV: 1 nonce, 2 mark, 3 version to replace, 4 new version, 5 new
-- record or nothing, 6 lease and 7 retention in milliseconds. An empty version stands for no record.
-- Returns the nonce, the record that is there now, and whether its lease has run out.
if redis.call('GET', KEYS[2]) ~= ARGV[2] then
  return redis.error_reply('LEDGERLOST the mark of the content is missing or another')
end
local now = milliseconds()
local found = redis.call('HMGET', KEYS[1], 'version', 'record', 'lease', 'expires')
if found[1] and tonumber(found[4]) < now then
  found = {}
end
if (found[1] or '') ~= ARGV[3] then
  return {ARGV[1], found[2] or '', found[1] and tonumber(found[3]) < now and 1 or 0}
end
if ARGV[5] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'version', ARGV[4], 'record', ARGV[5], 'lease', now + ARGV[6], 'expires', now + ARGV[7])
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
return {ARGV[1], ARGV[5], 0}
