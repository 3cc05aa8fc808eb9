//! A small web server for the tests.

use crate::certificates::{Stream, serve};
use std::io::{BufRead as _, BufReader, Read as _};

/// What a client asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
}

/// Reads one request and writes what `answer` says: status, headers, body.
pub fn speak(stream: &mut dyn Stream, answer: &dyn Fn(&Asked) -> (u16, String, String)) {
    let mut asked = Asked { path: String::new(), authorization: None };
    let mut reader = BufReader::new(&mut *stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        if asked.path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut asked.path);
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("authorization")
        {
            asked.authorization = Some(value.trim().to_owned());
        }
        line.clear();
    }
    let (status, headers, body) = answer(&asked);
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    let _ = stream.flush();
}

/// Serves plain HTTP on this machine; gives back its address.
pub fn serve_web(answer: impl Fn(&Asked) -> (u16, String, String) + Clone + Send + 'static) -> String {
    serve(move |mut socket| {
        speak(&mut socket, &answer);
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let _ = socket.read(&mut [0; 16]);
    })
}
