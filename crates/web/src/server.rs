//! The server: connections, each in its own task, under deadlines and a limit.

use crate::accounts::Accounts;
use crate::device::Device;
use crate::provider::{Client, SignInProvider};
use crate::{WebError, api, guard, pages, tls};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// Most connections at once.
const CONNECTIONS_MAX: usize = 512;
/// Longest that a handshake, or the head of a request, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after the system refused to accept, as when it has no descriptors left.
const REFUSED: Duration = Duration::from_millis(200);

/// What is served, and where.
#[derive(Debug)]
pub struct Options {
    /// Directory of the security file.
    pub directory: PathBuf,
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Files of the certificate chain and its key, as PEM; made for loopback where absent.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Who may sign in.
    pub accounts: Accounts,
    /// The provider that people may sign in through besides.
    pub provider: Option<Client>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source(pub(crate) IpAddr);

/// Serves the dashboard until the task ends; `ready` is told the address once it answers.
pub async fn serve(options: Options, ready: impl FnOnce(SocketAddr)) -> Result<(), WebError> {
    let Options { directory, listen, certificate, accounts, provider } = options;
    let acceptor = TlsAcceptor::from(tls::configuration(certificate.as_ref(), listen.ip())?);
    let device = Device::open(&directory)?;
    let listener =
        TcpListener::bind(listen).await.map_err(|source| WebError::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| WebError::Listen { address: listen, source })?;
    let mut gate = guard::Gate::new(device, accounts);
    gate.provider = provider.map(SignInProvider::new);
    let gate = Arc::new(gate);
    let router = pages::router(Arc::clone(&gate)).merge(api::router(gate));
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    ready(address);
    loop {
        // Nothing is read here, so that nobody holds up the others.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(REFUSED).await;
            continue;
        };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
                return;
            };
            let service = router.layer(axum::Extension(Source(peer.ip().to_canonical())));
            // A connection that breaks concerns nobody but its peer.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .await;
        });
    }
}
