// What the pages gain with script: clocks that count, and content that renews itself. Everything works without.
"use strict";

function count() {
  for (const clock of document.querySelectorAll("[data-until]")) {
    const seconds = Math.round((Date.parse(clock.dataset.until) - Date.now()) / 1000);
    const left = Math.abs(seconds);
    const days = Math.floor(left / 86400);
    const hours = String(Math.floor((left % 86400) / 3600)).padStart(2, "0");
    const minutes = String(Math.floor((left % 3600) / 60)).padStart(2, "0");
    const rest = String(left % 60).padStart(2, "0");
    clock.textContent = `${seconds < 0 ? "−" : ""}${days > 0 ? `${days} d ` : ""}${hours}:${minutes}:${rest}`;
  }
}

// What somebody wrote into a form and did not send.
function written() {
  const chosen = (select) => select.selectedIndex !== Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
  return [...document.querySelectorAll("main form select")].some(chosen) || [...document.querySelectorAll("main form :is(input, textarea)")].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

// What somebody is in the middle of is left alone; so is a form that came back with what is wrong.
function busy() {
  return document.querySelector("main form [role=alert]:not([hidden])") || written() || document.activeElement?.closest("main form, main details") || document.querySelector("main details[open]") || window.getSelection()?.type === "Range";
}

async function renew() {
  if (busy() || document.hidden) return;
  const answer = await fetch(location.href, { headers: { "x-medward-refresh": "1" }, redirect: "error" });
  if (answer.status === 401) return location.assign("/sign-in");
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [from, to] = [page.querySelector("main"), document.querySelector("main")];
  if (from && to && !busy()) {
    to.replaceChildren(...from.childNodes);
    window.htmx?.process(to);
    count();
    dispatchEvent(new Event("renewed"));
  }
}

addEventListener("DOMContentLoaded", () => {
  count();
  setInterval(count, 1000);
  if (!document.querySelector("body.bare")) new EventSource("/events").addEventListener("changed", () => renew().catch(() => {}));
});
