// A broadcast as it goes on: the page's numbers (data-progress) are looked for again every few
// seconds. Where its state changed the whole page is, because other buttons fit then.
"use strict";

const LOOK_EVERY = 2000;

async function lookedFor(address, options) {
  try {
    const answer = await fetch(address, { redirect: "manual", ...options });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null; // no network for a moment
  }
}

document.querySelectorAll("[data-progress]").forEach((box) => {
  const look = async () => {
    const found = document.hidden ? null : await lookedFor(box.dataset.progress);
    if (found !== null) {
      const part = new DOMParser().parseFromString(found, "text/html").querySelector("[data-state]");
      if (part.dataset.state !== box.dataset.state) {
        window.location.reload();
        return;
      }
      if (box.firstElementChild.outerHTML !== part.outerHTML) {
        box.replaceChildren(part);
      }
    }
    setTimeout(look, LOOK_EVERY);
  };
  setTimeout(look, LOOK_EVERY);
});
// What a draft will look like and whom it is for (data-live): asked for again when the part of the
// form that it depends on changed. The server answers by the rules by which it will be sent.
const TYPING = 500;

document.querySelectorAll("[data-live]").forEach((box) => {
  const form = box.closest("form");
  const sources = box.dataset.liveOf.split(" ");
  let timer = null;
  let asked = 0;
  const show = async () => {
    asked += 1;
    const mine = asked;
    const body = new URLSearchParams(new FormData(form));
    const found = await lookedFor(box.dataset.live, { method: "POST", body });
    if (found === null || mine !== asked) {
      return;
    }
    const open = new Map([...box.querySelectorAll("[data-key]")].map((d) => [d.dataset.key, d.open]));
    const parts = new DOMParser().parseFromString(found, "text/html").body;
    parts.querySelectorAll("[data-key]").forEach((d) => {
      d.open = open.get(d.dataset.key) ?? d.open;
    });
    box.replaceChildren(...parts.childNodes);
  };
  form.addEventListener("input", (event) => {
    if (sources.some((id) => event.target.closest(`#${id}`))) {
      clearTimeout(timer);
      timer = setTimeout(show, TYPING);
    }
  });
});
