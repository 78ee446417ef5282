"use strict";
// Keeps the counts on a page true while it is looked at, tells times in the visitor's own zone, counts down to an opening,
// and makes the copy buttons work. The page is whole without it.

const EVERY = 10000;
const AT_MOST = 120000;
const FEW = 3;
const MOST = 200;

function counted(box, left) {
  const one = new Intl.PluralRules(document.documentElement.lang).select(left) === "one";
  return (one ? box.dataset.leftOne : box.dataset.leftOther).replace("{n}", left);
}

// What this visitor has chosen and the server keeps for them: to say that nothing is left beside it would be of no use.
function keptHere(cell) {
  const form = cell.closest("[data-checkout]");
  const field = form && form.elements.hold.value && cell.closest(".good").querySelector(".amount input");
  return field && field.validity.valid ? Number(field.value) : 0;
}

function isOver(box, badge) {
  return badge.textContent === box.dataset.over || Date.now() >= Date.parse(badge.dataset.overAt);
}

function standing(box, badge, slot) {
  if (slot.state === "open") return [slot.left <= FEW ? "few" : "open", counted(box, slot.left)];
  if (slot.state === "closed" && isOver(box, badge)) return ["closed", box.dataset.over];
  const texts = { sold_out: box.dataset.soldOut, closed: box.dataset.closed, soon: box.dataset.soon, cancelled: box.dataset.cancelled };
  return [slot.state, texts[slot.state]];
}

function showBadge(box, badge, slot, news) {
  const [kind, text] = standing(box, badge, slot);
  if (!text || badge.textContent === text) return;
  badge.textContent = text;
  badge.className = "badge " + kind + " fresh";
  const row = badge.closest("[data-row]");
  const name = row && row.querySelector(".what, h1, h2");
  const when = row && row.querySelector("time");
  news.push([name, when].map((part) => (part ? part.textContent.trim() : "")).filter(Boolean).join(" ") + ": " + text);
}

function showOffers(box, row, slot) {
  const cancelled = slot.state === "cancelled";
  const badge = row.querySelector("[data-slot]");
  const off = cancelled || (slot.state === "closed" && badge && isOver(box, badge));
  for (const cell of row.querySelectorAll("[data-offer]")) {
    const offer = slot.offers[cell.dataset.offer];
    if (!offer) continue;
    const kept = keptHere(cell);
    if (kept && !offer.left && slot.state !== "cancelled") {
      const one = new Intl.PluralRules(document.documentElement.lang).select(kept) === "one";
      cell.textContent = (one ? box.dataset.keptOne : box.dataset.keptOther).replace("{n}", kept);
      continue;
    }
    const gone = cancelled || offer.left === 0;
    cell.textContent = off ? "" : gone ? box.dataset.soldOut : offer.left === null ? box.dataset.available : counted(box, offer.left);
    // On the waiting list what is gone is what one asks for.
    if (!cell.closest("#waiting-form")) cell.closest(".good").classList.toggle("gone", gone);
  }
  const places = row.querySelector("[data-places]");
  if (places) places.textContent = slot.state === "cancelled" ? "" : places.dataset.form.replace("{left}", slot.places_left);
}

function show(box, slots) {
  const news = [];
  for (const badge of box.querySelectorAll("[data-slot]")) {
    const slot = slots[badge.dataset.slot];
    if (!slot) continue;
    showBadge(box, badge, slot, news);
    const row = badge.closest("[data-row]");
    if (row) showOffers(box, row, slot);
  }
  const told = box.querySelector("[data-news]");
  if (told && news.length) told.textContent = news.slice(0, 3).join(". ");
}

function follow(box) {
  let wait = EVERY;
  let timer = 0;
  let address = "";
  let tag = "";
  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    // What is shown changes with filters, the calendar's months and an open dialog.
    const ids = new Set([...box.querySelectorAll("[data-slot]")].filter((badge) => badge.offsetParent).map((badge) => badge.dataset.slot));
    const asked = box.dataset.live + "?slots=" + [...ids].slice(0, MOST).map(encodeURIComponent).join(",");
    if (!ids.size) return;
    if (asked !== address) tag = "";
    address = asked;
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
    clearTimeout(timer);
    timer = setTimeout(look, wait);
  }
  document.addEventListener("visibilitychange", look);
  box.addEventListener("moved", look);
  box.addEventListener("shown", look);
  timer = setTimeout(look, EVERY / 5);
}

// Days before months and 24 hours, as everywhere else on the page.
const LANGUAGE = document.documentElement.lang.replace(/^en$/, "en-GB");

function tellOwnTime(place) {
  const [starts, ends] = [new Date(place.dataset.starts), new Date(place.dataset.ends)];
  // The same clock as the slot's: its own offset stands at the end of the moment.
  const [, sign, hours, minutes] = place.dataset.starts.match(/([+-])(\d\d):(\d\d)$/) || [0, "+", 0, 0];
  const offset = (sign === "-" ? 1 : -1) * (hours * 60 + Number(minutes));
  if (starts.getTimezoneOffset() === offset) return;
  const full = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  const time = new Intl.DateTimeFormat(LANGUAGE, full).formatRange(starts, ends);
  const named = new Intl.DateTimeFormat(LANGUAGE, { timeZoneName: "long" }).formatToParts(starts);
  const zone = named.find((part) => part.type === "timeZoneName").value;
  place.textContent = place.dataset.form.replace("{time}", time).replace("{zone}", zone);
  place.hidden = false;
}

function countDown(place) {
  const until = Date.parse(place.dataset.until);
  const days = (count) => new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: "day", unitDisplay: "long" }).format(count);
  const two = (count) => String(count).padStart(2, "0");
  function tick() {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      place.hidden = true;
      // Not all at the same instant.
      if (!("quiet" in place.dataset)) setTimeout(() => location.reload(), 300 + Math.random() * 1200);
      return;
    }
    const clock = [Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60].map(two).join(":");
    place.textContent = (left >= 86400 ? days(Math.floor(left / 86400)) + " " : "") + clock;
    place.hidden = false;
    setTimeout(tick, 1000 - (Date.now() % 1000));
  }
  tick();
}

function liven(part) {
  part.querySelectorAll(".yours[data-starts]").forEach(tellOwnTime);
  part.querySelectorAll("[data-until]").forEach(countDown);
  part.querySelectorAll(".cover img").forEach((image) => {
    const hide = () => image.classList.add("broken");
    if (image.complete && !image.naturalWidth) hide();
    image.addEventListener("error", hide);
  });
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

document.querySelectorAll("[data-live]").forEach((box) => { if (box.dataset.live) follow(box); });
document.querySelectorAll("[data-copy]").forEach(offerCopies);
document.addEventListener("shown", (event) => liven(event.target), true);
liven(document);
