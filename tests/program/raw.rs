//! A client that says just what a test wants it to, over bare HTTP/2.

use std::{net::SocketAddr, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    client::{Builder, ResponseFuture, SendRequest},
};
use prost::Message;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tonic::codegen::http::{HeaderMap, Request};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Longer than anything here takes, on a busy machine.
pub const LONG: Duration = Duration::from_secs(30);

pub const CLASSIFY: &str = "/slugline.v1.ClassificationService/ClassifyDocument";
pub const STREAM: &str = "/slugline.v1.ClassificationService/StreamClassifyDocuments";

/// A connection.
pub struct RawClient {
    requests: SendRequest<Bytes>,
    pub connection: JoinHandle<Result<(), h2::Error>>,
}

/// A call whose answer has not been looked at yet. While `body` is not ended, the server waits for more.
pub struct RawCall {
    pub body: SendStream<Bytes>,
    answer: ResponseFuture,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    pub code: tonic::Code,
    pub message: String,
    pub details: ErrorDetails,
    pub body: Bytes,
}

impl RawClient {
    pub async fn connect(address: SocketAddr) -> RawClient {
        RawClient::connect_with(address, &Builder::new()).await.unwrap()
    }

    pub async fn connect_with(address: SocketAddr, builder: &Builder) -> Result<RawClient, h2::Error> {
        let stream = TcpStream::connect(address).await.map_err(|_| h2::Reason::REFUSED_STREAM)?;
        stream.set_nodelay(true).map_err(|_| h2::Reason::REFUSED_STREAM)?;
        let (requests, connection) = builder.handshake(stream).await?;
        Ok(RawClient { requests, connection: tokio::spawn(connection) })
    }

    /// Begins a call and sends nothing of its body yet.
    pub async fn begin(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<RawCall, h2::Error> {
        let mut request =
            Request::post(format!("http://localhost{path}")).header("content-type", "application/grpc").header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (answer, body) = self.requests.clone().ready().await?.send_request(request.body(()).unwrap(), false)?;
        Ok(RawCall { body, answer })
    }

    /// Makes a whole call.
    pub async fn call(&self, path: &str, message: &impl Message) -> Result<Ended, h2::Error> {
        let mut call = self.begin(path, &[]).await?;
        call.body.send_data(framed(message), true)?;
        call.end().await
    }
}

/// The answer to a call.
struct RawAnswer(ResponseFuture);

impl RawAnswer {
    async fn end(self) -> Result<Ended, h2::Error> {
        timeout(LONG, async {
            let (head, mut stream) = self.0.await?.into_parts();
            let mut body = BytesMut::new();
            while let Some(data) = stream.data().await {
                let data = data?;
                stream.flow_control().release_capacity(data.len())?;
                body.extend_from_slice(&data);
            }
            let trailers = trailers(&mut stream).await?;
            let status = tonic::Status::from_header_map(trailers.as_ref().unwrap_or(&head.headers)).expect("there is a grpc-status");
            let (code, message, details) = (status.code(), status.message().to_owned(), status.get_error_details());
            Ok(Ended { code, message, details, body: body.freeze() })
        })
        .await
        .expect("the call ends")
    }
}

impl RawCall {
    /// Waits for the end of the call.
    pub async fn end(self) -> Result<Ended, h2::Error> {
        let (_body, ended) = self.split();
        ended.await
    }

    /// The rest of the body, and the end of the call.
    pub fn split(self) -> (SendStream<Bytes>, impl Future<Output = Result<Ended, h2::Error>>) {
        let (ended, body) = (RawAnswer(self.answer).end(), self.body);
        (body, ended)
    }

    /// The answer's HTTP status, if it has any.
    pub async fn status(self) -> Option<u16> {
        Some(timeout(LONG, self.answer).await.expect("the call ends").ok()?.status().as_u16())
    }

    /// Waits for the first of the answer, and takes nothing of its body.
    pub async fn head(self) -> Result<(SendStream<Bytes>, RecvStream), h2::Error> {
        Ok((self.body, self.answer.await?.into_body()))
    }
}

async fn trailers(stream: &mut RecvStream) -> Result<Option<HeaderMap>, h2::Error> {
    // A server may end a call that it refuses before the call's body has come: that takes nothing from the answer.
    stream.trailers().await.or_else(|error| if error.reason() == Some(h2::Reason::NO_ERROR) { Ok(None) } else { Err(error) })
}

/// A message as gRPC has it in a body: uncompressed, with its length before it.
pub fn framed(message: &impl Message) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(u32::try_from(message.encoded_len()).unwrap());
    message.encode(&mut body).unwrap();
    body.freeze()
}
