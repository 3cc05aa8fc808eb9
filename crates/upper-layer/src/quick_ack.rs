//! A TCP stream that acknowledges at once.
//!
//! Ordinary DICOM senders write a message in several segments with Nagle's algorithm on: the last one waits for an acknowledgement that
//! the receiving kernel delays by 40 ms, once for every image. Linux forgets `TCP_QUICKACK` by itself, so it is set again after every
//! read; with it such senders go at full speed without being touched.
//!
//! TLS reads 4 KiB at a time: for half a megabyte the kernel is asked, and acknowledges, 130 times. [`QuickAck::gather`] has it asked
//! for as much as there is.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Room for what is gathered, in bytes.
const GATHERED_BYTES: usize = 64 << 10;

/// The stream.
#[derive(Debug)]
pub struct QuickAck {
    stream: TcpStream,
    /// No room until told to gather.
    gathered: Box<[u8]>,
    /// Part of it that is read and not yet handed out.
    unread: Range<usize>,
}

impl QuickAck {
    /// Takes a stream, and sends its own segments at once from here on.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, gathered: Box::default(), unread: 0..0 })
    }

    /// The stream itself.
    pub fn get_ref(&self) -> &TcpStream {
        &self.stream
    }

    /// From here on reads up to 64 KiB at once and keeps what nobody took yet: for a peer that is known, since it costs that memory.
    pub fn gather(&mut self) {
        if self.gathered.is_empty() {
            self.gathered = vec![0; GATHERED_BYTES].into();
        }
    }

    fn acknowledge(&self) {
        // Where the system does not have it, senders are slower and nothing else is.
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.stream, true);
    }
}

impl AsyncRead for QuickAck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let has_unread = !self.unread.is_empty();
        let Self { stream, gathered, unread } = &mut *self;
        // Who has room for as much needs no copy.
        if !has_unread && buffer.remaining() >= gathered.len() {
            let read = ready!(Pin::new(stream).poll_read(context, buffer));
            self.acknowledge();
            return Poll::Ready(read);
        }
        if !has_unread {
            let mut into = ReadBuf::new(gathered);
            let read = ready!(Pin::new(stream).poll_read(context, &mut into));
            *unread = 0..into.filled().len();
            self.acknowledge();
            read?;
        }
        let Self { gathered, unread, .. } = &mut *self;
        let ready = gathered.get(unread.clone()).unwrap_or_default();
        let count = ready.len().min(buffer.remaining());
        buffer.put_slice(ready.get(..count).unwrap_or_default());
        unread.start = unread.start.saturating_add(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for QuickAck {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn what_is_gathered_comes_in_order_whatever_is_asked_for_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut stream = QuickAck::new(listener.accept().await.unwrap().0).unwrap();
        let sent: Vec<u8> =
            (0..1_000_000_u32).map(|number| number.to_le_bytes()[(number % 3) as usize]).collect();
        let bytes = sent.clone();
        let sending = tokio::spawn(async move { sender.write_all(&bytes).await });
        let mut came = vec![0; 10];
        stream.read_exact(&mut came).await.unwrap();
        stream.gather();
        for size in [1, 4_096, 70_000, 3, 4_096, 4_096].into_iter().cycle() {
            let mut piece = vec![0; size];
            let count = stream.read(&mut piece).await.unwrap();
            came.extend_from_slice(&piece[..count]);
            if count == 0 {
                break;
            }
        }
        sending.await.unwrap().unwrap();
        assert!(came == sent, "{} of {} bytes", came.len(), sent.len());
    }
}
