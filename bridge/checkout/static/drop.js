// The drop's page made handier: filters that act at once, a calendar beside the list, and a slot's details in a dialog.
// All of it is there without this script as well, one page further.

const box = document.querySelector(".agenda");
const form = box.querySelector(".filters");
const list = box.querySelector("[data-list]");
const dialog = box.querySelector("dialog");
const views = box.querySelector("[data-views]");
const place = box.querySelector("[data-calendar]");
const loading = box.querySelector("[data-loading]");
const KEY = "dropbridge:view";
const WEEKS = 5;
const WIDE = matchMedia("(min-width: 56rem)");
const told = () => box.dispatchEvent(new Event("moved"));

// Filters

function wanted() {
  const asked = new FormData(form);
  return { day: asked.get("day") || "", product: asked.get("product") || "", only: asked.get("only") || "" };
}

function address() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  return location.pathname + (query.size ? "?" + query : "");
}

const CAN = /\b(open|few|soon)\b/;

function fits(row, asked) {
  const sold = [...row.querySelectorAll("[data-offer]")].map((offer) => offer.dataset.offer);
  return (!asked.product || sold.includes(asked.product)) && (!asked.only || CAN.test(row.querySelector(".badge").className));
}

function narrow() {
  const asked = wanted();
  let last = null;
  let used = false;
  let any = false;
  for (const part of list.querySelectorAll(".month, .day[data-day]")) {
    if (part.matches(".month")) {
      if (last) last.hidden = !used;
      [last, used] = [part, false];
      continue;
    }
    const rows = [...part.querySelectorAll(".slot")];
    rows.forEach((row) => { row.hidden = !fits(row, asked); });
    part.hidden = (asked.day && part.dataset.day !== asked.day) || rows.every((row) => row.hidden);
    used = used || !part.hidden;
    any = any || !part.hidden;
  }
  if (last) last.hidden = !used;
  list.querySelector("[data-none]").hidden = any;
}

function chosen() {
  if (!("whole" in box.dataset)) return form.requestSubmit();
  narrow();
  history.replaceState(null, "", address());
  if (calendar) calendar.refetchEvents();
  if (calendar && wanted().day) calendar.setOption("date", wanted().day);
  told();
  return undefined;
}

// A slot's details

async function fill(body, link) {
  const card = new URL(link);
  card.pathname += "/card";
  const answer = await fetch(card);
  if (!answer.ok) throw new Error(answer.statusText);
  body.innerHTML = await answer.text();
}

async function open(link) {
  const body = dialog.querySelector("[data-body]");
  body.replaceChildren();
  dialog.setAttribute("aria-busy", "true");
  dialog.showModal();
  try {
    await fill(body, link);
  } catch {
    location.assign(link);
    return;
  }
  dialog.removeAttribute("aria-busy");
  const title = body.querySelector("h2");
  if (title && dialog.open) title.focus();
  body.dispatchEvent(new Event("shown", { bubbles: true }));
}

// Calendar

let calendar = null;
// What waits for the dates of the calendar's weeks.
let coming = { resolve() {}, reject() {} };

function dates() {
  return new Promise((resolve, reject) => { coming = { resolve, reject }; });
}

function say(on) {
  loading.replaceChildren(...(on ? [part("span", "badge soon", loading.dataset.words)] : []));
  place.toggleAttribute("aria-busy", on);
}

const LANGUAGE = document.documentElement.lang.replace(/^en$/, "en-GB");
const LONG = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

const SHORT = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });
const NUMBER = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric" });

function part(kind, name, text) {
  return Object.assign(document.createElement(kind), { className: name, textContent: text });
}

// A real link, so that it opens in a tab of its own as any other.
function chip(slot) {
  const spoken = new URLSearchParams(location.search).has("lang") ? "?lang=" + document.documentElement.lang : "";
  const link = Object.assign(part("a", "chip", ""), { href: `/slots/${encodeURIComponent(slot.id)}${spoken}` });
  Object.assign(link.dataset, { row: "", card: "" });
  const badge = part("span", "badge " + slot.badge[0], slot.badge[1]);
  badge.dataset.slot = slot.id;
  badge.dataset.overAt = slot.ends;
  const day = part("span", "unseen", LONG.format(new Date(slot.starts.slice(0, 10))) + " ");
  const time = part("time", "", slot.all_day ? slot.times : slot.times.split(" – ")[0]);
  link.append(day, time, " ", part("span", "what", slot.title), " ", badge);
  return link;
}

function asEvent(slot) {
  // Times are shown as the slot's own clock has them.
  return { id: slot.id, start: slot.starts.slice(0, 19), end: slot.ends.slice(0, 19), title: slot.title, extendedProps: slot };
}

async function between(info) {
  const asked = wanted();
  say(view === "calendar");
  try {
    const answer = await fetch(`${views.dataset.slots}&from=${info.startStr.slice(0, 10)}&to=${info.endStr.slice(0, 10)}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const { slots } = await answer.json();
    const kept = slots.filter((slot) => (!asked.day || slot.starts.startsWith(asked.day))
      && (!asked.product || asked.product in slot.products) && (!asked.only || CAN.test(slot.badge[0])));
    setTimeout(arrived);
    // Where all dates are called the same, the name is told to those who hear it only.
    place.classList.toggle("alike", new Set(slots.map((slot) => slot.title)).size < 2);
    return kept.map(asEvent);
  } catch (fault) {
    coming.reject(fault);
    ready = false;
    show("list");
    return [];
  }
}

// Called once they are drawn.
function arrived() {
  coming.resolve();
  say(false);
  told();
}

function options() {
  const words = views.dataset;
  return {
    // Weeks from the first date on: a month would begin with what is over.
    view: "dayGridWeek",
    duration: { weeks: WEEKS },
    dayHeaderFormat: { weekday: "short" },
    dayCellFormat: (day) => (day.getDate() === 1 ? SHORT : NUMBER).format(day),
    date: wanted().day || words.start || new Date(),
    locale: LANGUAGE,
    firstDay: 1,
    headerToolbar: { start: "title", center: "", end: "today prev,next" },
    buttonText: { today: words.today, prev: words.previous, next: words.next, close: words.close },
    displayEventEnd: false,
    lazyFetching: false,
    eventSources: [{ events: between }],
    eventClassNames: ({ event }) => ["is-" + event.extendedProps.badge[0]],
    eventContent: ({ event }) => ({ domNodes: [chip(event.extendedProps)] }),
  };
}

// Arrow keys lead from date to date, up and down to the same weekday; Page Up and Page Down to other weeks.
function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -Infinity, End: Infinity }[event.key];
  if (event.key === "PageUp") return calendar.prev();
  if (event.key === "PageDown") return calendar.next();
  const chips = [...place.querySelectorAll(".chip")].sort((one, other) => order(one) - order(other));
  const at = chips.indexOf(event.target.closest(".chip"));
  if (!step || at < 0) return undefined;
  event.preventDefault();
  const cells = [...place.querySelectorAll(".ec-day")];
  const dayOf = (one) => cells.findIndex((cell) => within(cell, one));
  const to = Math.abs(step) === 7 ? nearest(chips, at, step, dayOf) : at + step;
  const next = chips[Math.max(0, Math.min(chips.length - 1, to))];
  next.focus();
  return undefined;
}

function order(one) {
  const there = one.getBoundingClientRect();
  // Row by row of the weeks, within a day from top to bottom.
  const row = Math.max(...[...place.querySelectorAll(".ec-day")].map((cell) => cell.getBoundingClientRect().top).filter((top) => top <= there.top + 1));
  return row * 1e6 + Math.round(there.left) * 1e3 + (there.top - row) / 10;
}

function within(cell, one) {
  const [a, b] = [cell.getBoundingClientRect(), one.getBoundingClientRect()];
  return b.left + 1 >= a.left && b.left < a.right && b.top + 1 >= a.top && b.top < a.bottom;
}

function nearest(chips, at, step, dayOf) {
  const aim = dayOf(chips[at]) + step;
  let best = at;
  chips.forEach((one, index) => {
    const ahead = step > 0 ? index > at : index < at;
    if (ahead && (best === at || Math.abs(dayOf(one) - aim) < Math.abs(dayOf(chips[best]) - aim))) best = index;
  });
  return best;
}

function styled() {
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: views.dataset.sheet });
  return new Promise((resolve, reject) => {
    Object.assign(sheet, { onload: resolve, onerror: reject });
    document.head.prepend(sheet);
  });
}

// EventCalendar 5.15 announces a table whose cells have no rows. Each date names its day itself, so no table is announced.
function withoutTable() {
  place.querySelectorAll("[role]").forEach((one) => ["role", "aria-colindex", "aria-rowindex"].forEach((name) => one.removeAttribute(name)));
}

async function load() {
  say(true);
  const drawn = dates();
  if (calendar) {
    calendar.refetchEvents();
    return drawn;
  }
  const [library] = await Promise.all([import(views.dataset.script), styled()]);
  place.addEventListener("keydown", walk);
  new MutationObserver(withoutTable).observe(place, { childList: true, subtree: true });
  calendar = library.createCalendar(place, [library.DayGrid], options());
  return drawn;
}

// Which of the two: the list stays until the calendar is there with its dates, and for whoever is at work in it.

let view = "list";
let ready = false;
let underway = null;

function show(chosen) {
  view = chosen;
  const asCalendar = view === "calendar";
  views.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.view === view)));
  place.hidden = !asCalendar;
  place.classList.toggle("unready", !ready);
  list.hidden = asCalendar && ready;
  if (!asCalendar) say(false);
  else if (!ready) wait();
  told();
}

function wait() {
  say(true);
  underway = underway || load().then(
    () => {
      ready = true;
      show(dialog.open || list.contains(document.activeElement) ? "list" : view);
    },
    () => show("list"),
  ).finally(() => { underway = null; });
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(view) {
  try {
    localStorage.setItem(KEY, view);
  } catch {
    // Some browsers keep nothing for anyone; then the choice holds for this page.
  }
}

if (form) {
  form.addEventListener("change", chosen);
  form.addEventListener("submit", (event) => {
    if (!("whole" in box.dataset)) return;
    event.preventDefault();
    chosen();
  });
  form.querySelector("[data-apply]").hidden = "whole" in box.dataset;
}
if (dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  box.addEventListener("click", (event) => {
    const link = event.target.closest("[data-card]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link.href);
  });
}
if (views) {
  views.hidden = false;
  views.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    remember(button.dataset.view);
    show(button.dataset.view);
  });
  const saves = navigator.connection && navigator.connection.saveData;
  if ((remembered() || (WIDE.matches && !saves ? "calendar" : "list")) === "calendar") show("calendar");
}
