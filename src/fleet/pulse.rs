//! How do gateways that share a Redis know how many they are?
//!
//! Each enters its random name with the server's own time, which is the only clock that all of them see, and counts those
//! whose names are young enough. Nothing in it says which machine a name belongs to. A gateway that dies is gone after a few
//! seconds, one that stops takes its name out.

/// The sorted set of the gateways' names, by the microsecond at which each was last heard of.
pub(super) const GATEWAYS: &str = "dancu:gateways";

/// `KEYS[1]` the set; `ARGV[1]` the name; `ARGV[2]` for how many milliseconds a name counts. Replies how many count.
///
/// Lua, since the time of the entry must be the server's: MULTI can't hand the reply of TIME on to ZADD. Microseconds
/// since 1970 fit a Lua number (2^53) until the year 2255.
pub(super) const BEAT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2] * 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
";

/// `KEYS[1]` the set; `ARGV[1]` the name to be taken out.
pub(super) const LEAVE: &str = "redis.call('ZREM', KEYS[1], ARGV[1])";
