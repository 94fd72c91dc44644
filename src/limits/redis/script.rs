//! What does Redis itself do, so that gateways that tell it of their spending at the same moment don't undo each other's?
//!
//! Lua, since each counter is read, brought forward to the server's present time, added to and written, and another gateway
//! must not come in between; one script for all kinds, since an exchange is to be one round trip. Numbers are Lua's, exact
//! below 2^53: so times are microseconds (good until 2255), and a rate's nanoseconds are kept relative to the moment of
//! the last exchange instead of to 1970. Whatever names somebody is a keyed hash. Keys, each with an expiry:
//!
//! | key | holds | for how long |
//! |---|---|---|
//! | `dancu:limit:rate:<name>` | when it was last told of, and how far ahead it then was | until the bucket is full |
//! | `dancu:limit:count:<name>` | calls in a day or month | as told |
//! | `dancu:limit:members:<name>` | a set of officers, as hashes of this counter's own | as told |
//! | `dancu:limit:strikes:<name>` | failures with their times, the end of the last lock-out, how many there were | until all are forgotten |

/// Begins the key of every counter.
pub(super) const LIMIT: &str = "dancu:limit:";

/// Adds what was spent, and says where each counter stands.
///
/// `KEYS` the counters; `ARGV`: 1 for how many µs after a lock-out earlier ones count; 2 how many members a set may have; then
/// for each key its kind, how many arguments follow, and these:
///
/// | kind | arguments | reply |
/// |---|---|---|
/// | `rate` | ns between two calls, calls taken | ns ahead |
/// | `count` | expiry in ms, calls taken, floor | total |
/// | `members` | expiry in ms, members… | all members |
/// | `strikes` | window in µs, limit, longest lock-out in µs, failures | failures, µs of the lock-out left, strikes |
///
/// A key of another type, or one that can't be read, is deleted first: one bad key mustn't keep all others from being
/// exchanged.
pub(super) const EXCHANGE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local kept, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local largest = 9007199254740991

local function whole(number) return string.format('%.0f', number) end

local function read(command, key, ...)
  local value = redis.pcall(command, key, ...)
  if type(value) == 'table' and value.err then
    redis.call('DEL', key)
    return redis.call(command, key, ...)
  end
  return value
end

local function rate(key, period, taken)
  local at, ahead = string.match(read('GET', key) or '', '^(%d+) (%d+)$')
  local passed = math.max(0, now - (tonumber(at) or now)) * 1000
  ahead = math.max(0, (tonumber(ahead) or 0) - passed)
  ahead = math.min(largest, math.max(0, ahead + taken * period))
  if ahead > 0 then
    redis.call('SET', key, whole(now) .. ' ' .. whole(ahead), 'PX', whole(math.ceil(ahead / 1000000) + 10000))
  else
    redis.call('DEL', key)
  end
  return ahead
end

local function count(key, expiry, taken, floor)
  local total = math.max(tonumber(read('GET', key) or '0') or 0, floor) + taken
  total = math.min(largest, math.max(0, total))
  redis.call('SET', key, whole(total), 'PX', expiry)
  return total
end

local function members(key, expiry, first, last)
  local held = read('SCARD', key)
  for i = first, last do
    if held >= most then break end
    held = held + redis.call('SADD', key, ARGV[i])
  end
  redis.call('PEXPIRE', key, expiry)
  return redis.call('SMEMBERS', key)
end

local function strikes(key, window, limit, longest, failed)
  local held = read('HMGET', key, 'locked', 'strikes', 'failures')
  local locked, struck = tonumber(held[1] or '') or 0, tonumber(held[2] or '') or 0
  local failures, standing = {}, 0
  for at, number in string.gmatch(held[3] or '', '(%d+):(%d+)') do
    if tonumber(at) > now - window then
      failures[#failures + 1] = {tonumber(at), tonumber(number)}
      standing = standing + tonumber(number)
    end
  end
  if struck > 0 and locked <= now - kept then struck = 0 end
  if failed > 0 then
    failures[#failures + 1] = {now, failed}
    standing = standing + failed
  end
  if locked <= now and standing >= limit then
    failures, standing = {}, 0
    locked = now + math.min(window * 2 ^ struck, longest)
    struck = struck + 1
  end
  -- Of very many the oldest are taken together, at the later time: in doubt they count for longer.
  while #failures > 256 do
    local oldest = table.remove(failures, 1)
    failures[1][2] = failures[1][2] + oldest[2]
  end
  local written, lasts = {}, 0
  for i, failure in ipairs(failures) do
    written[i] = whole(failure[1]) .. ':' .. whole(failure[2])
    lasts = failure[1] + window - now
  end
  if struck > 0 then lasts = math.max(lasts, locked + kept - now) end
  if lasts > 0 then
    redis.call('HSET', key, 'locked', whole(locked), 'strikes', struck, 'failures', table.concat(written, ' '))
    redis.call('PEXPIRE', key, whole(math.ceil(lasts / 1000) + 10000))
  else
    redis.call('DEL', key)
  end
  return {standing, math.max(0, locked - now), struck}
end

local replies, at = {}, 3
for i, key in ipairs(KEYS) do
  local kind, first = ARGV[at], at + 2
  local last = at + 1 + ARGV[at + 1]
  local function number(offset) return tonumber(ARGV[first + offset]) end
  if kind == 'rate' then
    replies[i] = rate(key, number(0), number(1))
  elseif kind == 'count' then
    replies[i] = count(key, ARGV[first], number(1), number(2))
  elseif kind == 'members' then
    replies[i] = members(key, ARGV[first], first + 1, last)
  else
    replies[i] = strikes(key, number(0), number(1), number(2), number(3))
  end
  at = last + 1
end
return replies
";
