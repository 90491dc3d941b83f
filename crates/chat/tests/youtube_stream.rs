//! YouTube's `StreamList` against a gRPC server of another make (tonic), with messages of Google's `stream_list.proto`. The
//! JSON side is a fake of the Data API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/stream_list.rs"]
mod stream_list;
mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::unfold;
use stallcast_chat::{
    ChatErrorCode, Clock, Connector, ConnectorSpec, ConnectorState, Incoming, Secret, YouTubeSpec,
};
use stallcast_show::At;
use stream_list::{
    BannedUser, Details, Hundred, Item, Milestone, Page, SuperChat, TwoHundred, Wanted, item, text,
};
use support::fake::{Fake, pass};
use support::{PATIENCE, next_line, until};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tonic::Status;
use tonic::codegen::{BoxFuture, BoxStream, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::transport::server::TcpIncoming;

/// 2026-11-23, five in the morning UTC.
const NOW: At = At(1_795_410_000_000);

type Pages = mpsc::Sender<Result<Page, Status>>;

/// A call that waits for its answer.
struct Call {
    wanted: Wanted,
    key: String,
    answer: oneshot::Sender<Result<BoxStream<Page>, Status>>,
}

impl Call {
    fn refuse(self, status: Status) {
        assert!(self.answer.send(Err(status)).is_ok());
    }

    fn take(self) -> Pages {
        let (pages, waiting) = mpsc::channel::<Result<Page, Status>>(8);
        let stream = unfold(waiting, async |mut waiting| {
            Some((waiting.recv().await?, waiting))
        });
        assert!(self.answer.send(Ok(Box::pin(stream))).is_ok());
        pages
    }
}

#[derive(Clone)]
struct Server(mpsc::Sender<Call>);

impl NamedService for Server {
    const NAME: &'static str = "youtube.api.v3.V3DataLiveChatMessageService";
}

impl Service<http::Request<tonic::body::Body>> for Server {
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move {
            assert!(
                request.uri().path().ends_with("/StreamList"),
                "{}",
                request.uri()
            );
            let mut grpc = Grpc::new(tonic_prost::ProstCodec::<Page, Wanted>::default());
            Ok(grpc.server_streaming(server, request).await)
        })
    }
}

impl ServerStreamingService<Wanted> for Server {
    type Response = Page;
    type ResponseStream = BoxStream<Page>;
    type Future = BoxFuture<tonic::Response<BoxStream<Page>>, Status>;

    fn call(&mut self, request: tonic::Request<Wanted>) -> Self::Future {
        let calls = self.0.clone();
        Box::pin(async move {
            let key = request.metadata().get("x-goog-api-key").unwrap();
            let key = key.to_str().unwrap().to_owned();
            let (answer, answered) = oneshot::channel();
            let wanted = request.into_inner();
            let call = Call {
                wanted,
                key,
                answer,
            };
            calls.send(call).await.unwrap();
            answered.await.unwrap().map(tonic::Response::new)
        })
    }
}

struct YouTube {
    json: Fake,
    address: String,
    calls: mpsc::Receiver<Call>,
}

impl YouTube {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::channel(4);
        let serving = tonic::transport::Server::builder()
            .add_service(Server(sender))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(serving);
        let json = Fake::listen().await;
        Self {
            json,
            address,
            calls,
        }
    }

    fn start(&self, units: u32) -> (Connector, mpsc::Receiver<Incoming>) {
        let spec = ConnectorSpec::YouTube(YouTubeSpec {
            api: self.json.http_address(),
            stream: self.address.clone(),
            video: "dQw4w9WgXcQ".into(),
            key: Secret::new("s3cret"),
            units,
        });
        let (sink, lines) = mpsc::channel(64);
        let clock: Clock = Arc::new(|| NOW);
        (Connector::spawn(spec, sink, clock), lines)
    }

    async fn find(&self) {
        let visit = self.json.http("GET /youtube/v3/videos?").await;
        let found = r#"{"items":[{"liveStreamingDetails":{"activeLiveChatId":"CHAT"}}]}"#;
        visit.answer(200, found).await;
    }

    async fn call(&mut self, page: Option<&str>) -> Call {
        let call = timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap();
        assert_eq!(call.key, "s3cret");
        assert_eq!(call.wanted.live_chat_id.as_deref(), Some("CHAT"));
        assert_eq!(call.wanted.page_token.as_deref(), page);
        assert_eq!(call.wanted.part, ["id", "snippet", "authorDetails"]);
        call
    }
}

fn page(next: &str, items: Vec<Item>) -> Result<Page, Status> {
    Ok(Page {
        offline_at: None,
        kind: Some("youtube#liveChatMessageListResponse".into()),
        next_page_token: Some(next.into()),
        items,
    })
}

fn gone(ids: &[&str]) -> Incoming {
    Incoming::Removed(ids.iter().map(|id| (*id).into()).collect())
}

#[tokio::test]
async fn lines_come_as_they_are_written_and_a_stream_that_ends_is_gone_on_with() {
    let mut youtube = YouTube::listen().await;
    let (connector, mut lines) = youtube.start(10_000);
    youtube.find().await;
    let pages = youtube.call(None).await.take();
    let later = "05:00:01";
    let paid = SuperChat {
        amount_micros: Some(5_000_000),
        user_comment: Some("for you".into()),
    };
    let milestone = Milestone {
        member_month: Some(3),
        user_comment: Some("three months".into()),
    };
    let first = vec![
        text("old", "04:00:00", "history"),
        text("a", later, "多少钱"),
        item("b", later, 15, Some(Details::SuperChat(paid))),
        item("c", later, 16, None),
        item("m", later, 17, Some(Details::Milestone(milestone))),
    ];
    pages.send(page("P2", first)).await.unwrap();
    let line = next_line(&mut lines).await;
    assert_eq!(
        (line.id.as_str(), line.author.as_str()),
        ("youtube:a", "Lee")
    );
    assert_eq!((line.text.as_str(), line.question), ("多少钱", true));
    assert_eq!(next_line(&mut lines).await.text, "for you");
    assert_eq!(next_line(&mut lines).await.text, "three months");
    let mut status = connector.status();
    let live = until(&mut status, "live", |s| s.state == ConnectorState::Live).await;
    assert!(!live.polls);
    assert_eq!((live.quota.unwrap().used, live.last_error), (6, None));
    // It asks nobody for what comes next, however long that takes.
    pass(Duration::from_secs(600)).await;
    let more = vec![
        text("d", later, "new"),
        item(
            "e",
            later,
            8,
            Some(Details::Deleted(Hundred {
                id: Some("b".into()),
            })),
        ),
        item(
            "f",
            later,
            9,
            Some(Details::Retracted(TwoHundred {
                id: Some("m".into()),
            })),
        ),
        item(
            "g",
            later,
            10,
            Some(Details::Banned(BannedUser {
                user: Some(Hundred {
                    id: Some("UC1".into()),
                }),
                ban_type: Some(1),
            })),
        ),
    ];
    pages.send(page("P3", more)).await.unwrap();
    assert_eq!(next_line(&mut lines).await.text, "new");
    for expected in [
        gone(&["youtube:b"]),
        gone(&["youtube:m"]),
        gone(&["youtube:a", "youtube:b", "youtube:m", "youtube:d"]),
    ] {
        let incoming = timeout(PATIENCE, lines.recv()).await.unwrap().unwrap();
        assert_eq!(incoming, expected);
    }
    // The server is done with the connection: on with the next, at the page that it was at.
    drop(pages);
    let pages = youtube.call(Some("P3")).await.take();
    pages
        .send(page("P4", vec![text("h", later, "on")]))
        .await
        .unwrap();
    assert_eq!(next_line(&mut lines).await.text, "on");
    // It fails: likewise, and nobody polls.
    let fails = Status::unavailable("busy");
    pages.send(Err(fails)).await.unwrap();
    pass(Duration::from_secs(5)).await;
    let pages = youtube.call(Some("P4")).await.take();
    pages
        .send(page("P5", vec![text("i", later, "again")]))
        .await
        .unwrap();
    assert_eq!(next_line(&mut lines).await.text, "again");
    assert_eq!(status.borrow().quota.unwrap().used, 16);
    // The broadcast is over.
    let mut last = page("P6", Vec::new()).unwrap();
    last.offline_at = Some("2026-11-23T05:10:00Z".into());
    pages.send(Ok(last)).await.unwrap();
    let over = until(&mut status, "over", |s| s.last_error.is_some()).await;
    assert_eq!(over.last_error, Some(ChatErrorCode::NoChat));
    connector.stop().await;
}

#[tokio::test]
async fn where_a_stream_is_refused_it_is_polled_and_a_stream_tried_again_later() {
    let mut youtube = YouTube::listen().await;
    let (connector, mut lines) = youtube.start(10_000);
    youtube.find().await;
    youtube.call(None).await.refuse(Status::unimplemented("no"));
    let list = "GET /youtube/v3/liveChat/messages?";
    let visit = youtube.json.http(list).await;
    let json = r#"{"nextPageToken":"P2","items":[{"id":"a","snippet":{"type":"textMessageEvent","publishedAt":"2026-11-23T05:00:01Z","textMessageDetails":{"messageText":"polled"}},"authorDetails":{"channelId":"U","displayName":"L"}}]}"#;
    visit.answer(200, json).await;
    assert_eq!(next_line(&mut lines).await.text, "polled");
    let mut status = connector.status();
    let polled = until(&mut status, "polled", |s| s.polls).await;
    assert_eq!(polled.state, ConnectorState::Live);
    assert_eq!(polled.quota.unwrap().used, 11);
    pass(Duration::from_secs(10 * 60)).await;
    let pages = youtube.call(Some("P2")).await.take();
    // A server may say nothing before its first line: that is a stream all the same.
    pass(Duration::from_secs(6)).await;
    until(&mut status, "streams", |s| !s.polls).await;
    let line = text("b", "05:00:02", "streamed");
    pages.send(page("P3", vec![line])).await.unwrap();
    assert_eq!(next_line(&mut lines).await.text, "streamed");
    connector.stop().await;
}

#[tokio::test]
async fn why_a_stream_is_refused_for_good_is_what_the_list_says() {
    for (refusal, status, body, said) in [
        (
            Status::invalid_argument("API key not valid"),
            400,
            r#"{"error":{"code":400,"errors":[{"reason":"badRequest"}]}}"#,
            ChatErrorCode::TokenRefused,
        ),
        (
            Status::resource_exhausted("quota"),
            403,
            r#"{"error":{"code":403,"errors":[{"reason":"quotaExceeded"}]}}"#,
            ChatErrorCode::QuotaSpent,
        ),
        (
            Status::failed_precondition("ended"),
            403,
            r#"{"error":{"code":403,"errors":[{"reason":"liveChatEnded"}]}}"#,
            ChatErrorCode::NoChat,
        ),
    ] {
        let mut youtube = YouTube::listen().await;
        let (connector, _lines) = youtube.start(10_000);
        youtube.find().await;
        youtube.call(None).await.refuse(refusal);
        let visit = youtube
            .json
            .http("GET /youtube/v3/liveChat/messages?")
            .await;
        visit.answer(status, body).await;
        let told = until(&mut connector.status(), "told", |s| s.last_error.is_some()).await;
        assert_eq!(told.last_error, Some(said));
    }
}

#[tokio::test]
async fn a_day_without_enough_units_opens_no_stream() {
    let mut youtube = YouTube::listen().await;
    let (connector, _lines) = youtube.start(5);
    youtube.find().await;
    let told = until(&mut connector.status(), "told", |s| s.last_error.is_some()).await;
    assert_eq!(told.last_error, Some(ChatErrorCode::QuotaSpent));
    assert_eq!(told.quota.unwrap().used, 1);
    assert!(youtube.calls.try_recv().is_err());
}
