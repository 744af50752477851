// What every page of the panel does: nothing is sent twice by a double click, and forms that ask
// "are you sure?" (data-confirm) are answered first.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method.toLowerCase() === "post") {
    setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((b) => { b.disabled = true; }));
  }
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("button[type=submit]:disabled").forEach((b) => { b.disabled = false; });
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    window.print();
  }
});
// What others write appears by itself: a part of the page (data-poll) is looked for again every few
// seconds. It is our own page, in which citizens' words are text already.
const POLL_EVERY = 4000;
document.querySelectorAll("[data-poll]").forEach((box) => {
  const toEnd = () => { box.scrollTop = box.scrollHeight; };
  const timer = setInterval(async () => {
    if (document.hidden) {
      return;
    }
    let answer;
    try {
      answer = await fetch(box.dataset.poll, { redirect: "manual" });
    } catch {
      return; // no network for a moment
    }
    if (!answer.ok) {
      return;
    }
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (found.textContent.trim() !== box.textContent.trim()) {
      box.replaceChildren(...found.childNodes);
      toEnd();
    }
    if (box.querySelector("[data-poll-end]")) {
      clearInterval(timer);
    }
  }, POLL_EVERY);
  toEnd();
});
