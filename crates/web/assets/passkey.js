// Passkeys: the browser asks the authenticator, the server judges. Without script there are passphrase and code.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function send(path, fields) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "error" });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.status === 204 ? null : answer.json();
}

async function signIn() {
  const { challenge } = await send("/sign-in/passkey/question", {});
  const given = await navigator.credentials.get({ publicKey: { challenge: bytes(challenge), userVerification: "required" } });
  const { authenticatorData, clientDataJSON, signature } = given.response;
  await send("/sign-in/passkey", { id: text(given.rawId), authenticator: text(authenticatorData), client: text(clientDataJSON), signature: text(signature) });
  location.assign("/");
}

async function add(form) {
  const csrf = form.elements.csrf.value;
  const { challenge, user, algorithms, known } = await send("/account/passkey/question", { csrf });
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(challenge),
      rp: { name: "Medward" },
      user: { id: new TextEncoder().encode(user), name: user, displayName: user },
      pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: known.map((id) => ({ type: "public-key", id: bytes(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    },
  });
  const { response } = made;
  await send("/account/passkey", {
    csrf,
    name: form.elements.name.value,
    id: text(made.rawId),
    key: text(response.getPublicKey()),
    algorithm: response.getPublicKeyAlgorithm(),
    authenticator: text(response.getAuthenticatorData()),
    client: text(response.clientDataJSON),
  });
  location.assign("/account");
}

function act(element, event, doing) {
  const said = document.querySelector("[data-said]");
  element.addEventListener(event, (happened) => {
    happened.preventDefault();
    said.hidden = true;
    doing(element).catch((error) => {
      said.textContent = error.message;
      said.hidden = false;
    });
  });
}

function offer() {
  if (!window.PublicKeyCredential) return;
  for (const shown of document.querySelectorAll("[data-passkey]")) shown.hidden = false;
  const [button, form] = [document.querySelector("button[data-sign-in]"), document.querySelector("form[data-add]")];
  if (button) act(button, "click", signIn);
  if (form) act(form, "submit", add);
}

addEventListener("DOMContentLoaded", offer);
// The content of the page was replaced by that of now, which knows nothing of this script.
addEventListener("renewed", offer);
