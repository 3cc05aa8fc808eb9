"""A mail server that takes nothing before STARTTLS and a login: HOST PORT CERTIFICATE KEY TAKEN; appends what it took to TAKEN."""
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

host, port, certificate, key, taken = sys.argv[1:]


class Take:
    async def handle_DATA(self, server, session, envelope):
        with open(taken, "a") as out:
            out.write(f"TLS {session.ssl is not None}\nTO {' '.join(envelope.rcpt_tos)}\n{envelope.content.decode()}\n")
        return "250 taken"


def known(server, session, envelope, mechanism, login):
    return AuthResult(success=(login.login, login.password) == (b"medward", b"a password of the test"))


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
Controller(Take(), hostname=host, port=int(port), tls_context=context, require_starttls=True, auth_required=True, authenticator=known).start()
threading.Event().wait()
