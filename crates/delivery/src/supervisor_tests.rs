//! The schedule and the states, on a paused clock with scripted connections.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::*;

/// What a scripted connection does.
#[derive(Debug, Clone)]
enum Act {
    Fail(DeliveryErrorCode),
    /// Live for so long, then lost.
    Live(Duration),
    /// Never answers until stopped.
    Hang,
}

#[derive(Clone)]
struct Script {
    began: Instant,
    acts: Arc<Mutex<VecDeque<Act>>>,
    /// Seconds since the beginning, one entry per try.
    tries: Arc<Mutex<Vec<u64>>>,
}

impl Attempt for Script {
    async fn run(&mut self, status: &Reporter, mut orders: OrderBook) -> Ended {
        self.tries
            .lock()
            .unwrap()
            .push(self.began.elapsed().as_secs());
        let act = self.acts.lock().unwrap().pop_front();
        let mut ended = Ended {
            error: None,
            live_for: None,
            silent_for: Duration::ZERO,
        };
        match act.unwrap_or(Act::Fail(DeliveryErrorCode::Refused)) {
            Act::Fail(error) => ended.error = Some(error),
            Act::Live(duration) => {
                status.went_live();
                tokio::time::sleep(duration).await;
                ended.error = Some(DeliveryErrorCode::ClosedByServer);
                ended.live_for = Some(duration);
            }
            Act::Hang => while !orders.changed().await.stop {},
        }
        ended
    }
}

struct Rig {
    orders: watch::Sender<Orders>,
    status: watch::Receiver<DestinationStatus>,
    script: Script,
    task: JoinHandle<()>,
}

impl Rig {
    fn start(acts: Vec<Act>, deadline: Option<Duration>) -> Self {
        let (orders, book) = watch::channel(Orders::default());
        let (reporter, status) = Reporter::new();
        let script = Script {
            began: Instant::now(),
            acts: Arc::new(Mutex::new(acts.into())),
            tries: Arc::default(),
        };
        let life = supervise(script.clone(), OrderBook(book), reporter, deadline);
        Self {
            orders,
            status,
            script,
            task: tokio::spawn(life),
        }
    }

    /// Lets paused time pass, tick by tick, so that every timer runs at its moment.
    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds) + Duration::from_millis(1)).await;
    }

    fn tries(&self) -> Vec<u64> {
        self.script.tries.lock().unwrap().clone()
    }

    fn now(&self) -> DestinationStatus {
        self.status.borrow().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_never_answers_is_tried_every_ten_seconds_for_ever() {
    let rig = Rig::start(vec![], None);
    rig.pass(3600).await;
    let tries = rig.tries();
    assert_eq!(tries[..9], [0, 0, 1, 3, 7, 15, 25, 35, 45]);
    assert!((360..370).contains(&tries.len()), "{}", tries.len());
    assert!(matches!(
        rig.now().state,
        State::Retrying { attempt: 300.., .. }
    ));
    assert_eq!(rig.now().last_error, Some(DeliveryErrorCode::Refused));
    assert_eq!(rig.now().room_closes_in_ms, None);
}

#[tokio::test(start_paused = true)]
async fn a_lost_stream_is_taken_up_at_once_and_the_room_counts_down_meanwhile() {
    let acts = vec![
        Act::Live(Duration::from_secs(60)),
        Act::Fail(DeliveryErrorCode::Unreachable),
        Act::Fail(DeliveryErrorCode::Unreachable),
        Act::Fail(DeliveryErrorCode::Unreachable),
        Act::Live(Duration::from_secs(100)),
    ];
    let rig = Rig::start(acts, Some(Duration::from_secs(600)));
    rig.pass(30).await;
    assert_eq!(rig.now().state, State::Live);
    assert_eq!(rig.now().room_closes_in_ms, None);
    assert!(rig.now().connected_since_ms.is_some());
    rig.pass(34).await;
    // Lost at 60; tries at 60, 61, 63; the next at 67.
    assert_eq!(rig.tries(), [0, 60, 61, 63]);
    let status = rig.now();
    let State::Retrying {
        attempt: 4,
        next_in_ms,
    } = status.state
    else {
        panic!("{status:?}")
    };
    assert!((2700..=3000).contains(&next_in_ms), "{next_in_ms}");
    let left = status.room_closes_in_ms.unwrap();
    assert!((595_700..=596_000).contains(&left), "{left}");
    assert_eq!(status.connected_since_ms, None);
    rig.pass(4).await;
    let status = rig.now();
    assert_eq!((status.state, status.reconnects), (State::Live, 1));
    assert_eq!(status.room_closes_in_ms, None);
    assert_eq!(status.last_error, Some(DeliveryErrorCode::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_network_ends_the_wait() {
    let rig = Rig::start(vec![], None);
    rig.pass(26).await;
    assert_eq!(rig.tries(), [0, 0, 1, 3, 7, 15, 25]);
    rig.orders.send_modify(|o| o.network_epoch += 1);
    rig.pass(2).await;
    // At once, and the schedule begins anew.
    assert_eq!(rig.tries()[7..], [26, 26, 27]);
}

#[tokio::test(start_paused = true)]
async fn the_wait_reads_zero_only_while_a_try_is_under_way() {
    let rig = Rig::start(vec![], None);
    rig.pass(2).await;
    // The next try is at 3 s; figures are asked for in its last milliseconds.
    assert_eq!(rig.tries().len(), 3);
    tokio::time::advance(Duration::from_millis(995)).await;
    let mut seen = 0;
    while rig.tries().len() == 3 {
        rig.orders.send_modify(|_| ());
        tokio::task::yield_now().await;
        let State::Retrying { next_in_ms, .. } = rig.now().state else {
            panic!("{:?}", rig.now())
        };
        assert!(next_in_ms >= 1 || rig.tries().len() > 3, "0 while waiting");
        seen += 1;
        tokio::time::advance(Duration::from_micros(100)).await;
    }
    assert!(seen >= 10, "{seen}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_drops_at_once_is_not_hammered() {
    let rig = Rig::start(vec![Act::Live(Duration::from_millis(10)); 50], None);
    rig.pass(60).await;
    assert!(rig.tries().len() <= 11, "{:?}", rig.tries());
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_a_wait_and_a_hanging_try() {
    for acts in [vec![], vec![Act::Hang]] {
        let rig = Rig::start(acts, Some(Duration::from_secs(9)));
        rig.pass(5).await;
        rig.orders.send_modify(|o| o.stop = true);
        rig.task.await.unwrap();
        assert_eq!(rig.status.borrow().state, State::Stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_destination_ends_by_itself() {
    let rig = Rig::start(vec![Act::Hang], None);
    rig.pass(1).await;
    drop(rig.orders);
    rig.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_address_that_can_never_work_is_not_tried_twice() {
    let rig = Rig::start(vec![Act::Fail(DeliveryErrorCode::BadUrl)], None);
    rig.pass(30).await;
    assert_eq!(rig.tries(), [0]);
    let status = rig.now();
    assert_eq!(status.state, State::Stopped);
    assert_eq!(status.last_error, Some(DeliveryErrorCode::BadUrl));
}
