//! What do many clients see of a gateway that ends while they ask?
//!
//! Eight threads, each with an officer of its own and a kept connection, ask about drawn people one after the other until
//! the gateway is gone. Each keeps what it was told; an answer cut off in the middle is kept as a cut.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value;

use crate::connection::{Broken, Connection};
use crate::gateway::verify;
use crate::program::PATIENCE;

const THREADS: usize = 8;
const MOST_A_THREAD: usize = 100_000;

/// Is what the clients of one gateway saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// The confirmed answers.
    pub answers: Vec<Value>,
    /// Whole answers of another kind.
    pub others: Vec<(u16, Value)>,
    /// Connections closed in place of an answer.
    pub closed: usize,
    /// Answers cut off in the middle.
    pub cuts: Vec<String>,
}

/// Asks until the gateway is gone; `end` is called once so many answers have come.
pub fn until_gone(
    api: &str,
    tokens: &[String],
    questions: &[String],
    after: usize,
    end: impl FnOnce(),
) -> Seen {
    let (tell, answers) = channel();
    let asked = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (tell, asked) = (tell.clone(), &asked);
            let token = &tokens[number % tokens.len()];
            scope.spawn(move || ask(api, token, questions, asked, &tell));
        }
        drop(tell);
        collect(&answers, after, end)
    })
}

fn ask(
    api: &str,
    token: &str,
    questions: &[String],
    asked: &AtomicUsize,
    tell: &Sender<Result<(u16, Value), Broken>>,
) {
    let Ok(mut connection) = Connection::open(api) else {
        return;
    };
    for _ in 0..MOST_A_THREAD {
        let question = &questions[asked.fetch_add(1, Ordering::Relaxed) % questions.len()];
        match verify(&mut connection, token, question) {
            Ok(answer) => {
                let last = answer
                    .headers
                    .get("connection")
                    .is_some_and(|value| value == "close");
                tell.send(Ok((answer.status, answer.json()))).unwrap();
                if !last {
                    continue;
                }
            }
            Err(broken) => tell.send(Err(broken)).unwrap(),
        }
        // As a client does: on a fresh connection, as long as there is one to be had.
        match Connection::open(api) {
            Ok(fresh) => connection = fresh,
            Err(_) => return,
        }
    }
}

fn collect(answers: &Receiver<Result<(u16, Value), Broken>>, after: usize, end: impl FnOnce()) -> Seen {
    let mut seen = Seen::default();
    let mut end = Some(end);
    while let Ok(told) = answers.recv_timeout(PATIENCE) {
        match told {
            Ok((200, answer)) => seen.answers.push(answer),
            Ok((status, answer)) => seen.others.push((status, answer)),
            Err(Broken::Closed) => seen.closed += 1,
            Err(Broken::Cut(part)) => seen.cuts.push(part),
        }
        if seen.answers.len() >= after
            && let Some(end) = end.take()
        {
            end();
        }
    }
    assert!(end.is_none(), "the gateway ended by itself: {seen:?}");
    seen
}
