//! What does Redis itself do, so that no record outlives the change that ended it?
//!
//! Lua, since each is a decision over several keys that must not be seen half done, and what is written depends on what was
//! read a line before: MULTI can't do that. Whatever names a person is a keyed hash. Keys:
//!
//! | key | holds | for how long |
//! |---|---|---|
//! | `dancu:record:<name>` | a sealed record or household | the rest of its lifetime |
//! | `dancu:person:<person>` | under which names the person is held, and a keyed hash of where they live | as the last record |
//! | `dancu:changed:<person>` | the number of the person's last change | two minutes |
//! | `dancu:changes` | the stream of changes: its random name, who told, whose change; the id is a running number | the last 65 536 |
//!
//! The numbers of the stream run on without a gap in one life of it, so that whoever reads sees what it has missed.

/// Begins the key of a record; the scripts say it once more.
pub(super) const RECORD: &str = "dancu:record:";

/// The stream of changes.
pub(super) const CHANGES: &str = "dancu:changes";

/// `KEYS[1]` the stream. Replies its random name and the number of its last change; an empty name and 0 while it holds none.
pub(super) const LAST: &str = r"
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not last then return {'', 0} end
return {last[2][2], tonumber(string.match(last[1], '^%d+'))}
";

/// Shares a record, unless somebody in it has changed since it was looked for.
///
/// `KEYS[1]` the stream; `ARGV`: 1 the stream's name and 2 number up to which the writer had heard when it began to look;
/// 3 the record's name; 4 its sealed text; 5 its lifetime in ms; 6 where its person lives, empty for a household; 7 how many
/// names of a person are followed; from 8 on, everybody whose change ends it. Replies 1, or 0 where it isn't shared.
///
/// A stream of another name than the writer's has lost what it held: nobody can tell what changed meanwhile.
pub(super) const KEEP: &str = r"
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local life = last and last[2][2] or ''
if ARGV[1] ~= '' and ARGV[1] ~= life then return 0 end
for i = 8, #ARGV do
  local changed = redis.call('GET', 'dancu:changed:' .. ARGV[i])
  if changed and tonumber(changed) > tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', 'dancu:record:' .. ARGV[3], ARGV[4], 'PX', ARGV[5])
for i = 8, #ARGV do
  local person = 'dancu:person:' .. ARGV[i]
  local known = redis.call('HGETALL', person)
  local others = 0
  for j = 1, #known, 2 do
    local name, home = known[j], known[j + 1]
    if name ~= ARGV[3] then
      others = others + 1
      local moved = home ~= '' and ARGV[6] ~= '' and home ~= ARGV[6]
      if moved or others >= tonumber(ARGV[7]) then
        redis.call('UNLINK', 'dancu:record:' .. name)
        redis.call('HDEL', person, name)
        others = others - 1
      end
    end
  end
  redis.call('HSET', person, ARGV[3], ARGV[6])
  redis.call('PEXPIRE', person, ARGV[5])
end
return 1
";

/// Lets go of everything that is held of people who have changed, and tells every gateway.
///
/// `KEYS[1]` the stream; `ARGV`: 1 a random name, which the stream takes if it is empty; 2 how many changes it holds; 3 for
/// how many ms a change is remembered against look-ups that began before it; 4 who tells; from 5 on, who has changed. Replies
/// as `LAST` does.
pub(super) const CHANGE: &str = r"
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local life, number = ARGV[1], 1
if last then life, number = last[2][2], tonumber(string.match(last[1], '^%d+')) + 1 end
local people = {}
for i = 5, #ARGV do
  people[#people + 1] = ARGV[i]
  local person = 'dancu:person:' .. ARGV[i]
  for _, name in ipairs(redis.call('HKEYS', person)) do
    redis.call('UNLINK', 'dancu:record:' .. name)
  end
  redis.call('UNLINK', person)
  redis.call('SET', 'dancu:changed:' .. ARGV[i], string.format('%d', number), 'PX', ARGV[3])
end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], string.format('%d-0', number),
  'life', life, 'by', ARGV[4], 'people', table.concat(people, ' '))
return {life, number}
";
