//! Warnings by mail. Nothing goes out unencrypted but to this machine itself.

use crate::output::Error;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport as _};
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(20);

/// User and password of the mail server, where it asks for them.
pub(super) type Login = Option<(Zeroizing<String>, Zeroizing<String>)>;

/// A mail server ready to take messages.
pub(super) struct Mail {
    transport: SmtpTransport,
    from: String,
}

/// Whether a host is this machine itself.
pub(super) fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Mail {
    /// The server of an address such as `smtps://mail.maker.example:465`, or `smtp://...` with STARTTLS.
    pub(super) fn open(server: &str, from: &str, login: Login) -> Result<Self, Error> {
        let unusable = |reason: String| {
            Error::Usage(format!("the mail server `{}` cannot be used: {reason}", server.escape_debug()))
        };
        let (scheme, rest) =
            server.split_once("://").ok_or_else(|| unusable("write smtps://host or smtp://host".into()))?;
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => {
                let port = port.parse::<u16>().map_err(|_| unusable("its port is none".into()))?;
                (host, Some(port))
            }
            None => (rest, None),
        };
        let builder = match scheme {
            "smtps" => SmtpTransport::relay(host),
            "smtp" if is_here(host) => Ok(SmtpTransport::builder_dangerous(host)),
            "smtp" => SmtpTransport::starttls_relay(host),
            _ => return Err(unusable("write smtps://host or smtp://host".into())),
        };
        let mut builder = builder.map_err(|error| unusable(error.to_string()))?.timeout(Some(PATIENCE));
        if let Some(port) = port {
            builder = builder.port(port);
        }
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user.to_string(), password.to_string()));
        }
        Ok(Self { transport: builder.build(), from: from.to_owned() })
    }

    /// Sends a message.
    pub(super) fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), Error> {
        let failed = |reason: String| {
            Error::Usage(format!("a warning to `{}` was not sent: {reason}", to.escape_debug()))
        };
        let message = Message::builder()
            .from(self.from.parse().map_err(|_| failed("`from` of the policy is no address".into()))?)
            .to(to.parse().map_err(|_| failed("`mail` of the role is no address".into()))?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|error| failed(error.to_string()))?;
        self.transport.send(&message).map_err(|error| failed(error.to_string()))?;
        Ok(())
    }
}
