//! What `benches/serve/run` needs beside the server: a server that classifies nothing, a request, and a look at an answer.
//!
//! ```text
//! serve request ARTICLE FILE          writes the body of a ClassifyDocument call as HTTP/2 carries it
//! serve ask ARTICLE ADDRESS           makes one call and prints how many bytes its answer has; fails unless its status is OK
//! serve answer ARTICLE ADDRESS        listens, and answers every call what the default model says of the article, found once
//! serve bare ARTICLE ADDRESS          the same on a server of tonic's as it comes
//! ```

use std::{error::Error, net::SocketAddr, path::Path, sync::Arc};

use prost::Message;
use slugline::{
    api::{
        Engine, Limits,
        v1::{
            self,
            classification_service_client::ClassificationServiceClient,
            classification_service_server::{ClassificationService, ClassificationServiceServer},
        },
    },
    corpus::readers::plain_text_document,
    model::{Registry, Store},
    serve::{self, Config},
};
use tokio_stream::Empty;
use tonic::{Request, Response, Status, Streaming, service::Routes, transport::Server};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["request", article, file] => Ok(std::fs::write(file, framed(&request(article)?))?),
        ["ask", article, address] => ask(address, request(article)?),
        ["answer", article, address] => hosted(address.parse()?, Answer(answer(article)?)),
        ["bare", article, address] => bare(address.parse()?, Answer(answer(article)?)),
        _ => {
            println!("benches/serve/run measures how many calls a second the server answers");
            Ok(())
        }
    }
}

fn request(article: &str) -> Result<v1::ClassifyDocumentRequest> {
    let text = std::fs::read_to_string(Path::new(article))?;
    let document = plain_text_document(article, &text);
    let document = v1::Document { title: document.title, content: document.text, ..Default::default() };
    Ok(v1::ClassifyDocumentRequest { document: Some(document), options: None })
}

/// A message as gRPC frames it: a byte that says that it is not compressed, its length in four bytes, big end first, and the message.
fn framed(message: &impl Message) -> Vec<u8> {
    let encoded = message.encode_to_vec();
    let mut body = vec![0];
    body.extend((encoded.len() as u32).to_be_bytes());
    body.extend(encoded);
    body
}

/// What the default model says of an article.
fn answer(article: &str) -> Result<v1::ClassifyDocumentResponse> {
    let (registry, _) = Registry::load(&Store::Embedded, 0)?;
    Ok(Engine::new(Arc::new(registry), Limits::default()).classify_document(&request(article)?)?)
}

fn on_runtime<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn ask(address: &str, request: v1::ClassifyDocumentRequest) -> Result<()> {
    on_runtime(async {
        let mut client = ClassificationServiceClient::connect(format!("http://{address}")).await?;
        let answer = client.classify_document(request).await?.into_inner();
        println!("{}", answer.encoded_len());
        Ok(())
    })
}

fn hosted(address: SocketAddr, answer: Answer) -> Result<()> {
    let config = Config::parse(&format!("listen = \"{address}\""), Path::new("the command line"))?;
    Ok(serve::host(config, Routes::new(ClassificationServiceServer::new(answer)))?)
}

fn bare(address: SocketAddr, answer: Answer) -> Result<()> {
    on_runtime(async { Ok(Server::builder().add_service(ClassificationServiceServer::new(answer)).serve(address).await?) })
}

/// Answers every document alike.
struct Answer(v1::ClassifyDocumentResponse);

#[tonic::async_trait]
impl ClassificationService for Answer {
    async fn classify_document(
        &self,
        _: Request<v1::ClassifyDocumentRequest>,
    ) -> std::result::Result<Response<v1::ClassifyDocumentResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }

    async fn batch_classify_documents(
        &self,
        _: Request<v1::BatchClassifyDocumentsRequest>,
    ) -> std::result::Result<Response<v1::BatchClassifyDocumentsResponse>, Status> {
        Err(Status::unimplemented("only ClassifyDocument is measured"))
    }

    type StreamClassifyDocumentsStream = Empty<std::result::Result<v1::StreamClassifyDocumentsResponse, Status>>;

    async fn stream_classify_documents(
        &self,
        _: Request<Streaming<v1::StreamClassifyDocumentsRequest>>,
    ) -> std::result::Result<Response<Self::StreamClassifyDocumentsStream>, Status> {
        Err(Status::unimplemented("only ClassifyDocument is measured"))
    }
}
