//! How fast are requests answered over kept connections, and how late?
//!
//! Several streams of requests at once from one thread that never sleeps, so that the server's core doesn't pay for waking
//! it; while nothing is to do it gives its core to whoever else wants it. A closed stream sends the next request as soon as
//! the answer is there, which finds out how much a server can do. An open stream sends by a fixed schedule, whatever the
//! server does: an answer's time counts from the moment at which its request was due, sent or not, so that a server that
//! stalls is charged for everybody who would have come meanwhile. What was due and could never be sent is counted.

mod connection;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use connection::{Connection, Heard};

/// How long after the end answers are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes the next request into the buffer; tells whether there was one left.
pub type Requests<'r> = Box<dyn FnMut(&mut Vec<u8>) -> bool + 'r>;

/// Gives the same request again and again.
pub fn same(request: &[u8]) -> Requests<'_> {
    Box::new(move |into| {
        into.extend_from_slice(request);
        true
    })
}

/// Says when requests are sent.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// With every answer the next one.
    Closed,
    /// So many a second, at even distances.
    Open(f64),
}

/// Says which answers are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// 200 and nothing else; anything else ends the run.
    Success,
    /// Any answer, and connections that are closed instead of one.
    Anything,
}

/// Is one kind of caller.
pub struct Stream<'r> {
    pub pace: Pace,
    pub to: SocketAddr,
    pub from: IpAddr,
    pub connections: usize,
    pub requests: Requests<'r>,
    pub expected: Expected,
}

/// Says for how long.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub warm_up: Duration,
    pub lasting: Duration,
}

/// Holds what was measured of one stream.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Answers in the span, by the second.
    pub per_second: f64,
    /// The times of all requests due in the span, sorted; of one without an answer, how long it waited until the end.
    latencies: Vec<Duration>,
    /// All answers, those of the warm-up and after the end included.
    pub answers: usize,
    /// All answers by status; by 0, the connections that were closed instead of one.
    pub statuses: BTreeMap<u16, usize>,
    /// Requests that were due and never sent.
    pub unsent: usize,
    /// Connections that the other side closed.
    pub closed: usize,
    /// Whether there was no request left before the end, so that what counts by the second means nothing.
    pub ran_out: bool,
}

impl Measured {
    /// Gives the time within which this share of the answers came.
    pub fn within(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share) as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// Holds what was measured of all streams together.
#[derive(Debug, Clone, Default)]
pub struct Run {
    pub streams: Vec<Measured>,
    /// The server's CPU time for each answer in the span, in microseconds.
    pub cpu_micros: f64,
    /// The part of the span in which the load itself was at work: near 1, it measured itself.
    pub load_share: f64,
}

impl Run {
    /// Gives the first stream.
    pub fn first(&self) -> &Measured {
        &self.streams[0]
    }
}

struct Flow<'r> {
    stream: Stream<'r>,
    /// The longest idle first: the server may be about to close the one that was just used.
    free: VecDeque<usize>,
    released: u64,
    in_span: usize,
    is_exhausted: bool,
    measured: Measured,
}

struct Field<'r> {
    poll: Poll,
    flows: Vec<Flow<'r>>,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    begun: Instant,
    from: Instant,
    until: Instant,
}

/// Loads a server with all streams at once; `cpu` tells the server's CPU time so far.
pub fn run(streams: Vec<Stream<'_>>, span: Span, cpu: &dyn Fn() -> Duration) -> Run {
    let mut field = Field::new(streams, span);
    let mut events = Events::with_capacity(1_024);
    for flow in 0..field.flows.len() {
        field.begin(flow);
    }
    let mut busy = Duration::ZERO;
    let (mut before, mut after) = (None, None);
    loop {
        let now = Instant::now();
        if before.is_none() && now >= field.from {
            (before, busy) = (Some(cpu()), Duration::ZERO);
        }
        if after.is_none() && now >= field.until {
            after = Some((cpu(), busy));
        }
        let released = field.release(now);
        if field.is_over(now) {
            break;
        }
        field.poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        if events.is_empty() && !released {
            std::thread::yield_now();
            continue;
        }
        for event in &events {
            field.attend(event.token().0);
        }
        busy += now.elapsed();
    }
    let (cpu, busy) = after.unwrap_or_default();
    field.summed_up(span, cpu.saturating_sub(before.unwrap_or_default()), busy)
}

impl<'r> Field<'r> {
    fn new(streams: Vec<Stream<'r>>, span: Span) -> Self {
        let poll = Poll::new().unwrap();
        let (mut flows, mut connections) = (Vec::new(), Vec::new());
        for (number, stream) in streams.into_iter().enumerate() {
            let mut free = VecDeque::new();
            for _ in 0..stream.connections {
                free.push_back(connections.len());
                let at = connections.len();
                connections.push(Connection::open(&poll, at, number, stream.from, stream.to));
            }
            flows.push(Flow {
                stream,
                free,
                released: 0,
                in_span: 0,
                is_exhausted: false,
                measured: Measured::default(),
            });
        }
        let begun = Instant::now();
        let from = begun + span.warm_up;
        Self {
            poll,
            flows,
            connections,
            buffer: Vec::new(),
            begun,
            from,
            until: from + span.lasting,
        }
    }

    /// Sends the first request of each connection of a closed stream.
    fn begin(&mut self, flow: usize) {
        if matches!(self.flows[flow].stream.pace, Pace::Closed) {
            while let Some(at) = self.flows[flow].free.pop_front() {
                self.send(flow, at, Instant::now());
            }
        }
    }

    /// Sends what is due by the schedules; tells whether anything was.
    fn release(&mut self, now: Instant) -> bool {
        let mut any = false;
        for flow in 0..self.flows.len() {
            let Pace::Open(rate) = self.flows[flow].stream.pace else {
                continue;
            };
            let passed = now.min(self.until).saturating_duration_since(self.begun);
            // The first is due at once; nobody's is sent an interval late.
            let due = (passed.as_secs_f64() * rate) as u64 + 1;
            while self.flows[flow].released < due && !self.flows[flow].is_exhausted {
                let Some(at) = self.flows[flow].free.pop_front() else {
                    break;
                };
                let when = self.begun + Duration::from_secs_f64(self.flows[flow].released as f64 / rate);
                self.flows[flow].released += 1;
                self.send(flow, at, when);
                any = true;
            }
        }
        any
    }

    fn send(&mut self, flow: usize, at: usize, due: Instant) {
        self.buffer.clear();
        if (self.flows[flow].stream.requests)(&mut self.buffer) {
            self.connections[at].send(&self.buffer, due);
        } else {
            self.flows[flow].is_exhausted = true;
            self.flows[flow].free.push_back(at);
        }
    }

    fn attend(&mut self, at: usize) {
        let flow = self.connections[at].flow;
        let heard = self.connections[at].attend();
        match heard {
            Heard::Nothing => {}
            Heard::Answer { status, due } => {
                self.count(flow, at, status, due);
                let now = Instant::now();
                if matches!(self.flows[flow].stream.pace, Pace::Closed) && now < self.until {
                    self.send(flow, at, now);
                } else {
                    self.flows[flow].free.push_back(at);
                }
            }
            Heard::End { was_asked } => {
                let stream = &self.flows[flow].stream;
                assert!(
                    stream.expected == Expected::Anything,
                    "the server closed a connection"
                );
                self.connections[at] = Connection::open(&self.poll, at, flow, stream.from, stream.to);
                let measured = &mut self.flows[flow].measured;
                measured.closed += 1;
                if was_asked {
                    *measured.statuses.entry(0).or_default() += 1;
                    self.flows[flow].free.push_back(at);
                }
            }
        }
    }

    fn count(&mut self, flow: usize, at: usize, status: u16, due: Instant) {
        let flow = &mut self.flows[flow];
        if flow.stream.expected == Expected::Success && status != 200 {
            let answer = String::from_utf8_lossy(self.connections[at].answer()).into_owned();
            panic!("not a success: {answer}");
        }
        let now = Instant::now();
        flow.measured.answers += 1;
        *flow.measured.statuses.entry(status).or_default() += 1;
        if (self.from..self.until).contains(&now) {
            flow.in_span += 1;
        }
        if (self.from..self.until).contains(&due) {
            flow.measured.latencies.push(now - due);
        }
    }

    /// Tells whether all that was due is answered, or waited for long enough, or there is nothing more to send.
    fn is_over(&self, now: Instant) -> bool {
        let is_idle = |flow: &Flow<'_>| flow.free.len() == flow.stream.connections;
        let exhausted = self.flows.iter().all(|flow| flow.is_exhausted && is_idle(flow));
        let answered = now >= self.until && self.flows.iter().all(is_idle);
        exhausted || answered || now >= self.until + PATIENCE
    }

    /// Charges what was due in the span and never answered with all the time that it waited.
    fn charge_unanswered(&mut self) {
        let (now, span) = (Instant::now(), self.from..self.until);
        let waiting = self.connections.iter().filter_map(|connection| {
            let due = connection.due().filter(|due| span.contains(due))?;
            Some((connection.flow, due))
        });
        let mut waiting: Vec<_> = waiting.collect();
        for (number, flow) in self.flows.iter().enumerate() {
            if let Pace::Open(rate) = flow.stream.pace
                && !flow.is_exhausted
            {
                let last = ((self.until - self.begun).as_secs_f64() * rate) as u64;
                let due = (flow.released..last)
                    .map(|place| self.begun + Duration::from_secs_f64(place as f64 / rate));
                waiting.extend(due.filter(|due| span.contains(due)).map(|due| (number, due)));
            }
        }
        for (flow, due) in waiting {
            self.flows[flow].measured.latencies.push(now - due);
        }
    }

    fn summed_up(mut self, span: Span, cpu: Duration, busy: Duration) -> Run {
        self.charge_unanswered();
        let seconds = span.lasting.as_secs_f64();
        let counted: usize = self.flows.iter().map(|flow| flow.in_span).sum();
        let streams = self.flows.into_iter().map(|flow| {
            let due = match flow.stream.pace {
                Pace::Open(rate) => ((span.warm_up + span.lasting).as_secs_f64() * rate) as u64,
                Pace::Closed => flow.released,
            };
            let mut measured = flow.measured;
            measured.latencies.sort_unstable();
            measured.ran_out = flow.is_exhausted;
            measured.per_second = flow.in_span as f64 / seconds;
            measured.unsent = usize::try_from(due.saturating_sub(flow.released)).unwrap_or(usize::MAX);
            measured
        });
        Run {
            streams: streams.collect(),
            cpu_micros: cpu.as_secs_f64() * 1e6 / counted.max(1) as f64,
            load_share: busy.as_secs_f64() / seconds,
        }
    }
}
