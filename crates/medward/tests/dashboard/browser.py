"""Looks at the dashboard as people do: Chromium signs in by keyboard, opens every page that a link leads to, and clicks.

Standard input holds JSON: `url`, `person`, `passphrase`, `secret` (base 32). What is wrong is printed, one line each, and makes the exit
code 1. Accessibility is judged by axe-core in light and dark, each page also in a window of 320 pixels (WCAG 2.2, 1.4.10).
"""

import base64
import hashlib
import hmac
import json
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urljoin, urlparse

import axe_playwright_python
from playwright.sync_api import sync_playwright

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
ASK_AXE = "() => axe.run().then(found => found.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.target.join(' ')).slice(0, 3)]))"
# Links that are no pages.
FILES = ("/ledger/checkpoint", "/events", "/assets/", "/sign-in")
# Every answer carries these, whatever it answers (OWASP Secure Headers).
HEADERS = {
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
}
POLICY = {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'", "style-src 'self'"}

wrong = []


def expect(holds, said):
    if not holds:
        wrong.append(said)


def code(secret):
    """The code of now (RFC 6238)."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def certificate(url):
    """What Chromium is told to trust: it lets no passkey be used where a certificate is wrong."""
    place = urlparse(url)
    made = ssl.get_server_certificate((place.hostname, place.port)).encode()
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=made, capture_output=True, check=True).stdout
    key = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def watch(page):
    """Whatever a page complains of is wrong. What the policy of content refuses is said on the console too."""

    def complained(message):
        # The browser says so of every answer that is no success, where the test asks for one.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            wrong.append(f"{page.url}: console: {message.text}")

    page.on("console", complained)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: script: {error}"))


def judge(page, where):
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for rule, impact, nodes in page.evaluate(ASK_AXE):
            wrong.append(f"{where} ({scheme}): axe: {rule} ({impact}): {nodes}")
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    expect(wide <= 320, f"{where}: {wide} pixels wide in a window of 320")
    page.set_viewport_size({"width": 1280, "height": 900})


def headers(context, url):
    for path in ("/sign-in", "/", "/nowhere", "/assets/medward.css", "/sign-in?%00"):
        answer = context.request.get(urljoin(url, path), max_redirects=0)
        for name, value in HEADERS.items():
            expect(value in answer.headers.get(name, ""), f"{path}: header {name}: {answer.headers.get(name)}")
        policy = {part.strip() for part in answer.headers.get("content-security-policy", "").split(";")}
        expect(POLICY <= policy, f"{path}: the policy of content lacks {POLICY - policy}")
        expect(not any("unsafe" in part or "*" in part for part in policy), f"{path}: {policy}")
        expect("server" not in answer.headers and "x-powered-by" not in answer.headers, f"{path}: names its software")
        kept = "max-age=3600" if path.startswith("/assets/") else "no-store"
        expect(kept in answer.headers.get("cache-control", ""), f"{path}: may be kept")
    refused = context.request.fetch(urljoin(url, "/"), method="TRACE", max_redirects=0)
    expect(refused.status >= 400, "TRACE is answered")


def sign_in_by_keyboard(page, given):
    page.goto(urljoin(given["url"], "/risks"))
    expect(page.url.endswith("/sign-in"), "a page is shown without a session")
    judge(page, "/sign-in")
    page.get_by_role("link", name="identity.invalid").click()
    page.get_by_text("does not answer").wait_for()
    page.get_by_role("link", name="Sign in with your account here").click()
    page.wait_for_url("**/sign-in")
    keys = page.keyboard
    for text in (given["person"], given["passphrase"], code(given["secret"])):
        keys.type(text)
        keys.press("Tab")
    focused = page.evaluate("document.activeElement.tagName")
    expect(focused == "BUTTON", f"after the last field the focus is on {focused}")
    keys.press("Enter")
    page.wait_for_url(given["url"])


def cookies(page, context):
    [cookie] = context.cookies()
    expect(cookie["name"].startswith("__Host-"), "the cookie may be set by others")
    expect(cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict", f"cookie: {cookie['sameSite']}")
    expect(page.evaluate("document.cookie") == "", "script reads the cookie")
    stored = page.evaluate("Object.keys({...localStorage, ...sessionStorage})")
    # The path of the page, for the way back.
    expect(set(stored) <= {"htmx-current-path-for-history"}, f"kept in the browser: {stored}")


def every_page(page, url):
    """All pages of the menu, and one of each that they lead to."""
    waiting, seen = [url], set()
    while waiting:
        address = waiting.pop(0)
        path = urlparse(address).path
        if path in seen or path.startswith(FILES):
            continue
        seen.add(path)
        answer = page.goto(address)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        expect(answer.status == 200, f"{path}: {answer.status}")
        expect(page.title().endswith("· Medward"), f"{path}: title {page.title()}")
        expect(page.locator("h1").count() == 1, f"{path}: not one heading of the first level")
        judge(page, path)
        # The first stop of the keyboard leads past the menu.
        page.keyboard.press("Tab")
        expect(page.evaluate("document.activeElement.className") == "skip", f"{path}: no way past the menu")
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href.baseVal ?? a.href)")
        waiting += [urljoin(url, link) for link in links if urljoin(url, link).startswith(url)]
    return seen


def knock_out(page, url):
    # With the controls that the file declares: this ledger has proven none of them.
    page.goto(urljoin(url, "/paths?controls=declared"))
    chips = page.get_by_role("navigation", name="Layers to think away").locator("a:not(.clear)")
    verdict = page.locator("p.verdict").inner_text
    whole, layers = verdict(), chips.all_inner_texts()
    expect(len(layers) > 1, "there are no layers to think away")
    for layer in layers:
        page.get_by_role("link", name=layer, exact=True).first.click()
        page.get_by_role("link", name=f"without {layer}", exact=True).wait_for()
    expect("exposed" in verdict(), f"without any layer nothing is exposed: {verdict()}")
    page.locator("nav.chips a.clear").click()
    page.locator("nav.chips a.clear").wait_for(state="detached")
    expect(verdict() == whole, "putting the layers back does not")


def sign(form, given, button):
    """Sends a form signed with the person's own key."""
    role = form.locator("select[name=as]")
    if role.count():
        role.select_option("security")
    form.locator("input[name=sign]").fill(given["passphrase"])
    form.get_by_role("button", name=button, exact=True).click()


def is_done(page, what):
    """What was done stands in the ledger, and the page says as which entry."""
    page.wait_for_load_state()
    if page.locator("p.done").count() == 0:
        wrong.append(f"{what}: {page.locator('main [role=alert]').all_inner_texts()}")


def triage(page, given):
    page.goto(urljoin(given["url"], "/incidents"))
    page.get_by_role("link", name="Reading stopped").first.click()
    form = page.locator("form[action='/case/answer']")
    form.locator("input[name='q.device'][value=yes]").check()
    form.locator("input[name='q.effect'][value=unavailable]").check()
    sign(form, {"passphrase": "not the passphrase"}, "Write the answers")
    page.get_by_text("does not open your key").first.wait_for()
    expect(form.locator("input[name='q.effect'][value=unavailable]").is_checked(), "a wrong passphrase loses the answers")
    sign(form, given, "Write the answers")
    is_done(page, "triage")
    page.get_by_text("Change an answer").click()
    expect(form.locator("input[name='q.device'][value=yes]").is_checked(), "the answer is not shown")


def approve(page, given):
    page.goto(urljoin(given["url"], "/approvals"))
    waiting = page.locator("section[aria-labelledby=mine]")
    first = waiting.locator(".choose").first
    name = first.locator("strong").inner_text()
    first.get_by_text("What is signed").click()
    expect(name.split(".")[1] in first.locator("pre").inner_text(), f"what is signed of {name} is not shown")
    first.locator("input").check()
    sign(waiting, given, "Approve what is chosen")
    is_done(page, "approval")
    page.get_by_text("1 approvals stand today").wait_for()


def probe(page, given):
    page.goto(urljoin(given["url"], "/control?id=C-16"))
    page.get_by_role("button", name="Run now").click()
    # The page renews itself when the run ends.
    page.get_by_text("1 passed, 0 failed").wait_for()


def complain(page, given):
    page.goto(urljoin(given["url"], "/report?subject=complaint"))
    page.fill("input[name=title]", "Images take long")
    page.fill("input[name=happened]", "2026-01-21T10:00")
    page.get_by_role("button", name="Report it").click()
    is_done(page, "complaint")
    expect(page.locator("h1").inner_text() == "Images take long", "the complaint is not shown")
    form = page.locator("form[action='/complaint/assess']")
    form.locator("textarea").fill("The network of the site was slow")
    sign(form, given, "Decide")
    is_done(page, "assessment of a complaint")


def improve(page, given):
    page.goto(urljoin(given["url"], "/actions"))
    page.get_by_text("Open an action").click()
    form = page.locator("form[action='/actions/open']")
    for name, value in (("id", "CAPA-1"), ("title", "Sites differ"), ("due", "2099-01-01")):
        form.locator(f"[name={name}]").fill(value)
    sign(form, given, "Open the action")
    is_done(page, "opening of an action")
    form = page.locator("form[action='/action/act']")
    for name in ("root-cause", "corrective-action"):
        form.locator(f"[name={name}]").fill("Nobody asked")
    sign(form, given, "Write it down")
    is_done(page, "cause of an action")
    form = page.locator("form[action='/action/verify']")
    form.locator("[name=control]").select_option("C-16")
    form.locator("[name=by]").fill("2099-02-01")
    sign(form, given, "Set the check")
    is_done(page, "check of an effect")
    form = page.locator("form[action='/action/close']")
    form.locator("textarea").fill("The bill of materials is fresh")
    sign(form, given, "Decide")
    page.get_by_text("another person").last.wait_for()
    expect(page.locator("p.done").count() == 0, "who had the effect checked closes the action alone")
    judge(page, "an action that came back")


def document(page, given):
    page.goto(urljoin(given["url"], "/documents"))
    form = page.locator("form", has=page.locator("input[value=incident-file]"))
    form.locator("select[name=form]").select_option("html")
    form.get_by_role("button", name="Make").click()
    link = page.get_by_role("link", name="Download")
    link.wait_for()
    with page.expect_download() as download:
        link.click()
    expect("Reading stopped" in Path(download.value.path()).read_text(), "the document does not know the event")


def verify(page, given):
    page.goto(urljoin(given["url"], "/ledger"))
    page.get_by_role("button", name="Verify again now").click()
    page.get_by_text("sound").first.wait_for()


def typed(page, context, given):
    """What somebody is writing survives that the page is told of news, also in a form that came back."""
    page.goto(urljoin(given["url"], "/report"))
    page.fill("input[name=title]", "Half a sen")
    page.locator("select[name=subject]").select_option("complaint")
    page.locator("h1").click()
    told = "() => new Promise(done => new EventSource('/events').addEventListener('changed', () => setTimeout(done, 500)))"
    page.evaluate(f"() => {{ window.told = ({told})(); }}")
    other = context.new_page()
    watch(other)
    other.goto(urljoin(given["url"], "/report"))
    other.fill("input[name=title]", "An event in between")
    other.fill("input[name=happened]", "2999-01-01T10:00")
    other.get_by_role("button", name="Report it").click()
    other.get_by_text("future").first.wait_for()
    expect(other.input_value("input[name=title]") == "An event in between", "what is wrong loses what is right")
    other.fill("input[name=happened]", "2026-01-22T10:00")
    other.get_by_role("button", name="Report it").click()
    is_done(other, "report")
    other.close()
    page.evaluate("() => window.told")
    expect(page.input_value("input[name=title]") == "Half a sen", "news wipes what somebody writes")
    expect(page.input_value("select[name=subject]") == "complaint", "news wipes what somebody chose")


def sign_out(page, url):
    page.goto(urljoin(url, "/risks"))
    page.locator("form.leave button").first.click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.wait_for_load_state()
    expect(page.url.endswith("/sign-in"), "the way back shows a page after the sign-out")


def passkey(page, context, url):
    """One is taken, lets its owner in, and no more once it was removed; in between all sessions end at once."""
    client = context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    client.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "automaticPresenceSimulation": True}})
    said = page.locator("[data-said]")
    page.goto(urljoin(url, "/account"))
    sessions = page.locator("section[aria-labelledby=sessions] li")
    expect("Chrome on Linux" in sessions.inner_text() and "this one" in sessions.inner_text(), "the session is not known by its browser")
    # A page that renewed itself offers the same.
    page.evaluate("() => renew()")
    page.fill("input[name=name]", "laptop")
    with page.expect_navigation():
        page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("laptop").is_visible(), f"no passkey was taken: {said.inner_text()}")
    cookie = context.cookies()
    page.get_by_role("button", name="Sign out everywhere").click()
    page.wait_for_url("**/sign-in")
    context.add_cookies(cookie)
    page.goto(urljoin(url, "/risks"))
    expect(page.url.endswith("/sign-in"), "a session goes on after signing out everywhere")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(url)
    page.goto(urljoin(url, "/account"))
    page.get_by_role("button", name="Remove laptop").click()
    page.wait_for_load_state()
    expect(page.get_by_text("laptop").count() == 0, "a passkey stays after it was removed")
    sign_out(page, url)
    page.get_by_role("button", name="Sign in with a passkey").click()
    said.wait_for(state="visible")
    expect(page.url.endswith("/sign-in"), "a passkey that was removed lets somebody in")


def main():
    given = json.load(sys.stdin)
    trusted = f"--ignore-certificate-errors-spki-list={certificate(given['url'])}"
    arguments = ["--no-sandbox", "--disable-gpu", trusted]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        watch(page)
        headers(context, given["url"])
        sign_in_by_keyboard(page, given)
        cookies(page, context)
        seen = every_page(page, given["url"])
        knock_out(page, given["url"])
        for act in (triage, approve, probe, complain, improve, document, verify):
            act(page, given)
        typed(page, context, given)
        passkey(page, context, given["url"])
        browser.close()
    print("\n".join(wrong) or f"pages: {' '.join(sorted(seen))}")
    sys.exit(1 if wrong else 0)


main()
