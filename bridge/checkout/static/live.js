"use strict";
// Keeps the counts on a page true while it is looked at, and makes the copy buttons work. The page is whole without it.

const EVERY = 10000;
const AT_MOST = 120000;
const FEW = 3;

function counted(box, left) {
  const one = new Intl.PluralRules(document.documentElement.lang).select(left) === "one";
  return (one ? box.dataset.leftOne : box.dataset.leftOther).replace("{n}", left);
}

function standing(box, slot) {
  if (slot.state === "open") return [slot.left <= FEW ? "few" : "open", counted(box, slot.left)];
  const texts = { sold_out: box.dataset.soldOut, closed: box.dataset.closed, soon: box.dataset.soon, cancelled: box.dataset.cancelled };
  return [slot.state, texts[slot.state]];
}

function showBadge(box, badge, slot, news) {
  const [kind, text] = standing(box, slot);
  if (!text || badge.textContent === text || badge.classList.contains("over")) return;
  badge.textContent = text;
  badge.className = "badge " + kind + " fresh";
  const row = badge.closest(".slot, article");
  const name = row && row.querySelector(".what, h1");
  const when = row && row.querySelector("time");
  news.push([name, when].map((part) => (part ? part.textContent.trim() : "")).filter(Boolean).join(" ") + ": " + text);
}

function showOffers(box, row, slot) {
  for (const cell of row.querySelectorAll("[data-offer]")) {
    const offer = slot.offers[cell.dataset.offer];
    if (!offer) continue;
    const gone = offer.left === 0;
    cell.textContent = gone ? box.dataset.soldOut : offer.left === null ? box.dataset.available : counted(box, offer.left);
    cell.closest(".good").classList.toggle("gone", gone);
  }
  const places = row.querySelector("[data-places]");
  if (places) places.textContent = places.dataset.form.replace("{left}", slot.places_left);
}

function show(box, slots) {
  const news = [];
  for (const badge of box.querySelectorAll("[data-slot]")) {
    const slot = slots[badge.dataset.slot];
    if (!slot) continue;
    showBadge(box, badge, slot, news);
    showOffers(box, badge.closest(".slot, article"), slot);
  }
  const told = box.querySelector("[data-news]");
  if (told && news.length) told.textContent = news.slice(0, 3).join(". ");
}

function follow(box) {
  const ids = [...box.querySelectorAll("[data-slot]")].map((badge) => badge.dataset.slot);
  const address = box.dataset.live + "?slots=" + ids.map(encodeURIComponent).join(",");
  let wait = EVERY;
  let timer = 0;
  let tag = "";
  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(address, { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.ok) {
        tag = answer.headers.get("ETag") || "";
        show(box, (await answer.json()).slots);
      }
      wait = answer.ok || answer.status === 304 ? EVERY : Math.min(wait * 2, AT_MOST);
    } catch {
      wait = Math.min(wait * 2, AT_MOST);
    }
    timer = setTimeout(look, wait);
  }
  document.addEventListener("visibilitychange", look);
  timer = setTimeout(look, EVERY / 5);
}

function offerCopies(button) {
  const field = document.getElementById(button.dataset.copy);
  const text = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    // Clipboard access is there in secure contexts only; the older way works on plain addresses too.
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = text; }, 2000);
  });
}

document.querySelectorAll("[data-live]").forEach((box) => { if (box.dataset.live && box.querySelector("[data-slot]")) follow(box); });
document.querySelectorAll("[data-copy]").forEach(offerCopies);
document.querySelectorAll(".cover img").forEach((image) => {
  const hide = () => image.classList.add("broken");
  if (image.complete && !image.naturalWidth) hide();
  image.addEventListener("error", hide);
});
