-- One step of a lease. KEYS: the hash of all leases. ARGV: 1 grant, get, renew or claim; 2 call; 3 and 4 for grant the terms,
-- unattended and longest, and 3 for renew how long ago; all in milliseconds, 0 for none.
-- Returns nothing if there is no lease, or the time left, the unattended time, and the time left whoever cares, -1 for endless.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local unattended, renewed, finish, claimed
if ARGV[1] == 'grant' then
  unattended, renewed, finish, claimed = tonumber(ARGV[3]), now, tonumber(ARGV[4]), 0
  if finish > 0 then finish = now + finish end
else
  local found = redis.call('HGET', KEYS[1], ARGV[2])
  if not found then return false end
  unattended, renewed, finish, claimed = string.match(found, '^(%d+) (%d+) (%d+) ([01])$')
  if not claimed then return redis.error_reply('NOLEASE what is kept is no lease') end
  unattended, renewed, finish, claimed = tonumber(unattended), tonumber(renewed), tonumber(finish), tonumber(claimed)
end
if ARGV[1] == 'renew' then
  if claimed == 1 then return false end
  renewed = math.max(renewed, now - tonumber(ARGV[3]))
end
local longest = -1
if finish > 0 then longest = math.max(finish - now, 0) end
local left = longest
if unattended > 0 then
  left = math.max(renewed + unattended - now, 0)
  if longest >= 0 then left = math.min(left, longest) end
end
if claimed == 1 then left = 0 end
if ARGV[1] == 'claim' and left == 0 then claimed = 1 end
if ARGV[1] ~= 'get' and (ARGV[1] ~= 'claim' or claimed == 1) then
  redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f %.0f %.0f %d', unattended, renewed, finish, claimed))
end
return {left, unattended, longest}
