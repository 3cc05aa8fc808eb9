"""A receiver of webhooks that believes nothing unsigned or old: PORT SECRET TAKEN REFUSE; appends bodies to TAKEN; answers 503 while REFUSE exists."""
import hashlib
import hmac
import http.server
import os
import sys
import time

port, secret, taken, refuse = sys.argv[1:]


class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        fields = dict(part.split("=", 1) for part in self.headers["medward-signature"].split(","))
        wanted = hmac.new(secret.encode(), fields["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        is_new = abs(time.time() - int(fields["t"])) < 300
        status = 204 if hmac.compare_digest(wanted, fields["v1"]) and is_new else 401
        if os.path.exists(refuse):
            status = 503
        if status == 204:
            with open(taken, "ab") as out:
                out.write(body + b"\n")
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.HTTPServer(("127.0.0.1", int(port)), Take).serve_forever()
