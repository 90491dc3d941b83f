//! Batches: several requests in one message, one after the other or all at once, with pauses between them.

use serde_json::{Map, Value, json};

use crate::Close;
use crate::fields::Fields;
use crate::request::{Answer, Request, Status, code};

/// Most requests of a batch.
pub const BATCH_MAX: usize = 500;
/// Longest pause, milliseconds.
const SLEEP_MAX_MS: i32 = 50_000;
/// Longest pause, frames.
const SLEEP_MAX_FRAMES: i32 = 10_000;
/// All pauses of one batch together, milliseconds: a batch holds its place in the meantime.
const SLEEPS_MAX_MS: u64 = 60_000;

/// How a batch is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Execution {
    /// One after the other; pauses in milliseconds.
    Serial,
    /// One after the other; pauses in frames.
    Frames,
    /// In no order.
    Parallel,
}

/// A batch.
#[derive(Debug, PartialEq)]
pub struct Batch {
    id: Value,
    halts: bool,
    execution: Execution,
    requests: Vec<Request>,
}

/// A batch under way.
#[derive(Debug)]
pub struct Running {
    batch: Batch,
    next: usize,
    slept_ms: u64,
    results: Vec<Value>,
    frame_ms: f64,
}

/// What comes next in a batch.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// Answer this and tell [`Running::done`].
    Request(Request),
    /// Wait so many milliseconds.
    Sleep(u64),
    /// Send this; the batch is over.
    Response(Value),
}

impl Batch {
    pub(crate) fn of(data: &Map<String, Value>) -> Result<Self, Close> {
        let requests = match data.get("requests") {
            None | Some(Value::Null) => return Err(Close::NO_REQUESTS),
            Some(requests) => requests.as_array().ok_or(Close::REQUESTS_TYPE)?,
        };
        if requests.len() > BATCH_MAX {
            return Err(Close::REQUESTS_MANY);
        }
        let requests = requests.iter().map(|request| {
            let request = request.as_object().ok_or(Close::REQUESTS_TYPE)?;
            Ok(Request::of(request))
        });
        let execution = match data.get("executionType").filter(|it| !it.is_null()) {
            None => Execution::Serial,
            Some(wanted) => match wanted.as_i64().ok_or(Close::NUMBER)? {
                0 => Execution::Serial,
                1 => Execution::Frames,
                2 => Execution::Parallel,
                _ => return Err(Close::EXECUTION),
            },
        };
        Ok(Self {
            id: data.get("requestId").cloned().unwrap_or_default(),
            halts: data.get("haltOnFailure") == Some(&Value::Bool(true)),
            execution,
            requests: requests.collect::<Result<_, _>>()?,
        })
    }

    /// Begins it; `fps` says how long a frame is.
    pub fn run(self, fps: u32) -> Running {
        Running {
            next: 0,
            slept_ms: 0,
            results: Vec::with_capacity(self.requests.len()),
            frame_ms: 1000.0 / f64::from(fps.max(1)),
            batch: self,
        }
    }
}

impl Running {
    /// What comes next. Requests of a parallel batch are taken one after the other too, which is one of its orders.
    pub fn proceed(&mut self) -> Next {
        while let Some(request) = self.batch.requests.get(self.next) {
            let request = request.clone();
            self.next += 1;
            if request.kind() != "Sleep" {
                return Next::Request(request);
            }
            let length = self.sleep(&request);
            self.done(&request, &length.clone().map(|_| None));
            if let Ok(ms) = length {
                return Next::Sleep(ms);
            }
        }
        let results = std::mem::take(&mut self.results);
        Next::Response(json!({"op": 9, "d": {"requestId": self.batch.id, "results": results}}))
    }

    /// Notes how a request came out.
    pub fn done(&mut self, request: &Request, answer: &Answer) {
        self.results.push(request.result(answer));
        if answer.is_err() && self.batch.halts && self.batch.execution != Execution::Parallel {
            self.next = self.batch.requests.len();
        }
    }

    /// Length of a pause, milliseconds.
    fn sleep(&mut self, request: &Request) -> Result<u64, Status> {
        let fields = Fields(&request.data);
        let ms = match self.batch.execution {
            Execution::Serial => fields.whole("sleepMillis", 0, SLEEP_MAX_MS)? as u64,
            Execution::Frames => {
                let frames = fields.whole("sleepFrames", 0, SLEEP_MAX_FRAMES)?;
                (frames as f64 * self.frame_ms) as u64
            }
            Execution::Parallel => {
                let words = "There are no pauses in a parallel batch.";
                return Err(Status::new(code::UNSUPPORTED_EXECUTION, words));
            }
        };
        self.slept_ms += ms;
        if self.slept_ms > SLEEPS_MAX_MS {
            let words = format!("The pauses of a batch are at most {SLEEPS_MAX_MS} ms together.");
            return Err(Status::new(code::FIELD_RANGE, words));
        }
        Ok(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a batch; requests named `Bad` fail.
    fn run(batch: &Value) -> (Vec<Value>, Vec<u64>) {
        let mut running = Batch::of(batch.as_object().unwrap()).unwrap().run(30);
        let mut sleeps = vec![];
        loop {
            match running.proceed() {
                Next::Request(request) => {
                    let answer = if request.kind() == "Bad" {
                        Err(Status::new(code::NOT_FOUND, "no"))
                    } else {
                        Ok(None)
                    };
                    running.done(&request, &answer);
                }
                Next::Sleep(ms) => sleeps.push(ms),
                Next::Response(response) => {
                    assert_eq!(response["op"], 9);
                    let results = response["d"]["results"].as_array().unwrap();
                    return (results.clone(), sleeps);
                }
            }
        }
    }

    fn codes(results: &[Value]) -> Vec<u64> {
        let code = |result: &Value| result["requestStatus"]["code"].as_u64().unwrap();
        results.iter().map(code).collect()
    }

    #[test]
    fn one_that_fails_ends_a_batch_only_where_that_is_wanted() {
        let requests = json!([{"requestType": "A"}, {"requestType": "Bad", "requestId": 4}, {"requestType": "A"}]);
        let (results, _) = run(&json!({"requestId": 1, "requests": requests}));
        assert_eq!(codes(&results), [100, 600, 100]);
        assert_eq!(results[1]["requestId"], 4);
        assert!(results[0].get("requestId").is_none());
        let (results, _) =
            run(&json!({"requestId": 1, "requests": requests, "haltOnFailure": true}));
        assert_eq!(codes(&results), [100, 600]);
        let (results, _) = run(
            &json!({"requestId": 1, "requests": requests, "haltOnFailure": true, "executionType": 2}),
        );
        assert_eq!(codes(&results), [100, 600, 100]);
    }

    #[test]
    fn pauses_are_bounded_one_by_one_and_together() {
        let sleep = |data: Value| json!({"requestType": "Sleep", "requestData": data});
        let ms = |ms: i64| sleep(json!({"sleepMillis": ms}));
        let (results, sleeps) = run(
            &json!({"requestId": 1, "requests": [ms(40), ms(50_001), ms(-1), sleep(json!({})), ms(50_000), ms(50_000)]}),
        );
        assert_eq!(codes(&results), [100, 402, 402, 300, 100, 402]);
        assert_eq!(sleeps, [40, 50_000]);
        let frames = sleep(json!({"sleepFrames": 3}));
        let (_, sleeps) = run(&json!({"requestId": 1, "executionType": 1, "requests": [frames]}));
        assert_eq!(sleeps, [100]);
        let (results, _) = run(&json!({"requestId": 1, "executionType": 2, "requests": [ms(1)]}));
        assert_eq!(codes(&results), [206]);
    }

    #[test]
    fn a_batch_that_is_too_long_is_not_begun() {
        let requests = vec![json!({}); BATCH_MAX + 1];
        let batch = json!({"requestId": 1, "requests": requests});
        assert_eq!(
            Batch::of(batch.as_object().unwrap()),
            Err(Close::REQUESTS_MANY)
        );
    }
}
