-- Gives each client what it may have of the budget that all gateways share: `shares.rs`, reckoned where all can ask.
--
-- A script, because one gateway's question is read, reckoned and written with no other's in between. The time is the
-- server's, so that no gateway's clock matters. Everything is whole microseconds and millionths of calls below 2^53, where
-- doubles are exact; written with %.0f, since Lua's own form keeps 14 digits. What isn't there begins empty: a server
-- that lost its memory gives nobody a second helping.
--
-- KEYS[1]  the budget: at, level, c:<client> = "weight held lent waiting until", g:<gateway> = when it last asked
-- ARGV     per_second at_once batch_reserve clients weights believed made_apart gateway counted_for,
--          then for each client that asks: name weight interactive batch
-- gives    gateways, then for each client that asks: interactive batch own_in

local CALL, PAUSE, DAY = 1000000, 60000000, 86400000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local per_second, at_once = tonumber(ARGV[1]), tonumber(ARGV[2])
local batch_reserve, clients, weights = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local believed, made_apart = tonumber(ARGV[6]), tonumber(ARGV[7])
local gateway, counted_for = ARGV[8], tonumber(ARGV[9])

local function div(a, b) return (a - a % b) / b end
local function by_weight(whole, weight) return div(whole * weight, weights) end
local function text(number) return string.format('%.0f', number) end

local most = math.max(at_once, clients) * CALL
local kept = math.max(div(most, 2), clients * CALL)
local reserve = math.max(div(most, 100) * batch_reserve, CALL)
local function full_part(weight) return CALL + by_weight(kept - clients * CALL, weight) end

local at, level, parts, stored, gateways = now, 0, {}, {}, {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local field, value = fields[i], fields[i + 1]
  local kind, name = string.sub(field, 1, 2), string.sub(field, 3)
  if field == 'at' then
    at = tonumber(value)
  elseif field == 'level' then
    level = tonumber(value)
  elseif kind == 'c:' then
    local weight, held, lent, waiting, till = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
    parts[name] = {
      weight = tonumber(weight), held = tonumber(held), lent = tonumber(lent),
      waiting = tonumber(waiting), till = tonumber(till),
    }
    stored[name] = value
  elseif kind == 'g:' then
    gateways[name] = tonumber(value)
  end
end

-- Time passes.
local grown = per_second * math.min(math.max(now - at, 0), PAUSE)
at = math.max(at, now)
level = math.max(math.min(level + grown, most) - made_apart * CALL, 0)
for _, part in pairs(parts) do
  if part.till <= at then part.waiting = 0 end
  local full = full_part(part.weight)
  part.held = math.min(part.held + by_weight(grown, part.weight), full)
  part.goal = math.min(part.waiting * CALL, full)
end

-- Those who ask are entered.
local wanted = {}
for i = 10, #ARGV, 4 do
  local want = {
    name = ARGV[i], weight = tonumber(ARGV[i + 1]),
    interactive = tonumber(ARGV[i + 2]), batch = tonumber(ARGV[i + 3]), given = 0, given_batch = 0,
  }
  wanted[#wanted + 1] = want
  local part = parts[want.name]
  if not part then
    part = { held = full_part(want.weight), lent = 0 }
    parts[want.name] = part
  end
  part.weight, part.waiting, part.till = want.weight, want.interactive, at + believed
  part.held, part.goal = math.min(part.held, full_part(want.weight)), want.interactive * CALL
end

local function to_spare()
  local spare = level - kept
  for _, part in pairs(parts) do spare = spare + full_part(part.weight) - part.held end
  return spare
end

-- What is to spare is lent to the one who by weight was lent least; between equals, by name, whatever order a table has.
local spare = to_spare()
while true do
  local first, next_part
  for name, part in pairs(parts) do
    if part.held < part.goal
      and (not first or part.lent < next_part.lent or (part.lent == next_part.lent and name < first)) then
      first, next_part = name, part
    end
  end
  if not first then break end
  local needs = math.min(CALL - next_part.held % CALL, next_part.goal - next_part.held)
  if spare < needs then break end
  spare = spare - needs
  next_part.held = next_part.held + needs
  next_part.lent = next_part.lent + math.max(div(needs, math.max(next_part.weight, 1)), 1)
end

for _, want in ipairs(wanted) do
  local part = parts[want.name]
  local calls = math.min(want.interactive, div(part.held, CALL), div(level, CALL))
  part.held, part.waiting, level = part.held - calls * CALL, math.max(part.waiting - calls, 0), level - calls * CALL
  want.given = calls
end

-- Batches have what is there while nobody waits.
local is_waiting = false
for _, part in pairs(parts) do is_waiting = is_waiting or part.waiting > 0 end
spare = to_spare()
local goes_on = not is_waiting
while goes_on do
  goes_on = false
  for _, want in ipairs(wanted) do
    local part = parts[want.name]
    if level >= reserve and want.given_batch < want.batch and math.max(spare, 0) + part.held >= CALL then
      local of_spare = math.min(math.max(spare, 0), CALL)
      spare = spare - of_spare
      part.held = math.max(part.held - (CALL - of_spare), 0)
      level = level - CALL
      want.given_batch = want.given_batch + 1
      goes_on = true
    end
  end
end

local answer = { 0 }
for _, want in ipairs(wanted) do
  local missing = math.max(CALL - parts[want.name].held, 0) * weights
  local a_second = math.max(per_second * want.weight, 1)
  answer[#answer + 1] = want.given
  answer[#answer + 1] = want.given_batch
  answer[#answer + 1] = div(missing + a_second - 1, a_second)
end

-- Full parts are forgotten, and how much was lent once nobody waits any more.
local least = math.huge
for name, part in pairs(parts) do
  if part.waiting > 0 then
    least = math.min(least, part.lent)
  elseif part.held >= full_part(part.weight) then
    parts[name] = nil
  end
end
local changed = { 'at', text(at), 'level', text(level), 'g:' .. gateway, text(at) }
for name, part in pairs(parts) do
  local lent = math.max(part.lent - least, 0)
  local value = table.concat({ text(part.weight), text(part.held), text(lent), text(part.waiting), text(part.till) }, ' ')
  if stored[name] ~= value then
    changed[#changed + 1] = 'c:' .. name
    changed[#changed + 1] = value
  end
end
local gone = {}
for name in pairs(stored) do
  if not parts[name] then gone[#gone + 1] = 'c:' .. name end
end
gateways[gateway] = at
for name, seen in pairs(gateways) do
  if seen + counted_for <= at then
    gone[#gone + 1] = 'g:' .. name
  else
    answer[1] = answer[1] + 1
  end
end
if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
redis.call('HSET', KEYS[1], unpack(changed))
redis.call('PEXPIRE', KEYS[1], DAY)
return answer
