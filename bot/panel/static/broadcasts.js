// A broadcast as it goes on: the page's numbers (data-progress) are looked for again every few
// seconds. Where its state changed the whole page is, because other buttons fit then.
"use strict";

const LOOK_EVERY = 3000;

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
