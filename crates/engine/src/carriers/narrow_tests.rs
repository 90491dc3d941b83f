//! What a short link is told by, over a way that loses what it does not carry.

use std::sync::atomic::AtomicU64;

use tokio::net::UdpSocket;

use super::*;

/// A way to a port of loopback that lets a rate through and loses the rest; answers come back whole.
struct Narrow {
    port: u16,
    kbps: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Narrow {
    async fn to(port: u16) -> Self {
        let here = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let there = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        there.connect(("127.0.0.1", port)).await.unwrap();
        let own = here.local_addr().unwrap().port();
        let kbps = Arc::new(AtomicU64::new(u64::MAX));
        let limit = Arc::clone(&kbps);
        let task = tokio::spawn(async move {
            let (mut up, mut down) = ([0; 2_048], [0; 2_048]);
            let mut caller = None;
            // Bytes that may pass now, and since when.
            let (mut tokens, mut filled) = (0.0_f64, Instant::now());
            loop {
                tokio::select! {
                    Ok((count, from)) = here.recv_from(&mut up) => {
                        caller = Some(from);
                        let kbps = limit.load(Ordering::Relaxed);
                        let new = filled.elapsed().as_secs_f64() * kbps as f64 * 125.0;
                        (tokens, filled) = ((tokens + new).min(6_000.0), Instant::now());
                        if kbps == u64::MAX || tokens >= count as f64 {
                            tokens -= count as f64;
                            let _ = there.send(&up[..count]).await;
                        }
                    }
                    Ok(count) = there.recv(&mut down) => {
                        if let Some(caller) = caller {
                            let _ = here.send_to(&down[..count], caller).await;
                        }
                    }
                    else => return,
                }
            }
        });
        Self {
            port: own,
            kbps,
            task,
        }
    }

    fn limit(&self, kbps: u64) {
        self.kbps.store(kbps, Ordering::Relaxed);
    }
}

impl Drop for Narrow {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_srt_link_is_seen_as_such_and_a_wide_one_is_not() {
    let on_air = on_air();
    // What a destination is sent is known from its beginning.
    until("a format", || on_air.hub.format().is_some()).await;
    let port = free_port();
    let peer = Ffmpeg::receive(&format!("srt://127.0.0.1:{port}?mode=listener"));
    let way = Narrow::to(port).await;
    let url = format!("srt://127.0.0.1:{}", way.port);
    let target = destination("srt", &url, "", &on_air.hub);
    wait(&target, "live", |s| s.state == State::Live).await;
    peer.decoded(30).await;
    let fits = |s: &DestinationStatus| {
        s.link
            .is_some_and(|link| link.taken_kbps > 40.0 && !link.is_congested)
    };
    let wide = wait(&target, "it carries everything", fits).await;
    // Slates and silence need little; a quarter of it carries neither.
    let taken = wide.link.unwrap().taken_kbps;
    way.limit((taken / 4.0) as u64);
    wait(&target, "short", |s| {
        s.link
            .is_some_and(|link| link.is_congested && link.taken_kbps < taken)
    })
    .await;
    way.limit(u64::MAX);
    wait(&target, "wide again", fits).await;
    target.stop().await;
}
