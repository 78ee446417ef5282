"use strict";
// What is chosen is kept for the customer from the first touch on, the sum is told as it changes, and what is kept is given
// back when they leave. The form works without any of it.

const SETTLE = 350;
const SPOKEN_AT = [180, 60, 30];
const LANGUAGE_OF_PAGE = document.documentElement.lang;

function whole(input) {
  const count = Number(input.value);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

// The server says the same of what is sent; here it is said at once, at the field.
function judge(input) {
  const wrong = input.validity;
  const said = wrong.rangeOverflow ? input.dataset.most : wrong.badInput || wrong.stepMismatch || wrong.rangeUnderflow ? input.dataset.whole : "";
  input.setCustomValidity(said);
  const place = document.getElementById("wrong-" + input.id);
  place.textContent = said;
  place.hidden = !said;
  if (said) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", place.id);
  } else {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

function areSound(form) {
  return [...form.querySelectorAll(".stepper input")].every((input) => input.validity.valid);
}

function dressSteppers(form) {
  for (const stepper of form.querySelectorAll(".stepper")) {
    const input = stepper.querySelector("input");
    const buttons = stepper.querySelectorAll("[data-step]");
    const show = () => {
      for (const button of buttons) {
        const next = Number(input.value) + Number(button.dataset.step);
        button.disabled = input.disabled || next < 0 || next > Number(input.max);
      }
    };
    for (const button of buttons) {
      button.hidden = false;
      button.addEventListener("click", () => {
        input.value = Math.min(Number(input.max), Math.max(0, Number(input.value) + Number(button.dataset.step)));
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
    input.addEventListener("input", () => { judge(input); show(); });
    show();
  }
}

// Sums

function chosen(form) {
  const lines = [];
  for (const amount of form.querySelectorAll(".amount[data-sku]")) {
    const units = whole(amount.querySelector("input"));
    if (units) lines.push({ sku: amount.dataset.sku, name: amount.dataset.name, units, data: amount.dataset });
  }
  return lines;
}

function cost(line, held) {
  const mine = held.filter((one) => one.sku === line.sku);
  if (mine.reduce((sum, one) => sum + one.units, 0) === line.units) return mine.reduce((sum, one) => sum + one.units * one.price, 0);
  const cheap = line.data.early === undefined ? 0 : Math.min(line.units, Number(line.data.earlyLeft ?? line.units));
  return cheap * Number(line.data.early || 0) + (line.units - cheap) * Number(line.data.price);
}

function taxOn(amount, rate, included) {
  const base = included ? 100000 + rate : 100000;
  return Math.floor((2 * amount * rate + base) / (2 * base));
}

function row(list, name, value, kind) {
  const part = document.createElement("div");
  const [term, number] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  number.textContent = value;
  if (kind) part.className = kind;
  part.append(term, number);
  list.append(part);
}

function showSums(form, held) {
  const [list, total] = [form.querySelector("[data-sums]"), form.querySelector("[data-total]")];
  if (!list) return;
  const included = form.dataset.included === "1";
  const digits = Number(form.dataset.digits);
  const format = { style: "currency", currency: form.dataset.currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  const money = (minor) => new Intl.NumberFormat(LANGUAGE_OF_PAGE, format).format(minor / 10 ** digits);
  const rates = new Map();
  const add = (amount, rate) => rates.set(rate, (rates.get(rate) || 0) + amount);
  const lines = areSound(form) ? chosen(form) : [];
  list.textContent = "";
  for (const line of lines) {
    const amount = cost(line, held);
    add(amount, Number(line.data.rate));
    row(list, line.units + " × " + line.name, money(amount));
  }
  const way = form.querySelector('[name="way"]:checked');
  const fee = way && lines.length ? Number(way.dataset.fee) : 0;
  if (fee) {
    add(fee, Number(way.dataset.rate));
    row(list, way.closest("label").querySelector("span").textContent, money(fee));
  }
  let [sum, tax] = [0, 0];
  for (const [rate, amount] of rates) {
    const part = taxOn(amount, rate, included);
    tax += part;
    sum += included ? amount : amount + part;
  }
  if (tax) row(list, included ? form.dataset.tax : form.dataset.plus, money(tax), "quiet");
  list.hidden = !lines.length;
  total.hidden = !lines.length;
  total.textContent = money(sum);
}

// Holds

class Hold {
  constructor(form) {
    this.form = form;
    this.field = form.elements.hold;
    this.box = document.querySelector("[data-timer]");
    this.spoken = document.querySelector("[data-spoken]");
    this.trouble = document.querySelector("[data-trouble]");
    this.again = document.querySelector("[data-restart]");
    this.offered = "offered" in form.dataset;
    this.lines = [];
    this.until = 0;
    this.asked = "";
    this.busy = null;
    this.leaving = false;
    this.started = false;
    if (form.dataset.held) {
      this.started = true;
      this.asked = JSON.stringify(this.wanted());
      this.count(Number(form.dataset.seconds));
    }
  }

  wanted() {
    const units = {};
    for (const line of chosen(this.form)) units[line.sku] = line.units;
    const places = this.form.elements.places;
    return { units, places: places ? whole(places) : 0 };
  }

  // One request at a time: the answer to the last wish is the one that holds.
  keep() {
    if (this.leaving) return Promise.resolve();
    if (this.busy) {
      this.waiting = true;
      return this.busy;
    }
    this.busy = this.ask().finally(() => {
      this.busy = null;
      if (this.waiting) {
        this.waiting = false;
        this.keep();
      }
    });
    return this.busy;
  }

  async ask() {
    if (!areSound(this.form)) return;
    const wish = this.wanted();
    const body = JSON.stringify(wish);
    if (body === this.asked && this.field.value) return;
    if (!Object.keys(wish.units).length && !wish.places) return;
    const path = this.field.value ? "/holds/" + this.field.value : this.form.dataset.hold;
    const query = this.field.value ? "?lang=" + LANGUAGE_OF_PAGE : this.form.dataset.hold.includes("?") ? "" : "?lang=" + LANGUAGE_OF_PAGE;
    let answer;
    try {
      answer = await fetch(path + query, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    } catch {
      return this.tell(this.form.dataset.lost);
    }
    if (answer.status === 410 && this.field.value) {
      this.forget();
      return this.ask();
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return this.take(told, body);
    this.refused(told);
  }

  take(told, body) {
    this.asked = body;
    this.field.value = told.hold;
    this.lines = told.lines;
    this.tell("");
    if (this.leaving) return this.release();
    this.count(told.seconds);
    showSums(this.form, this.lines);
  }

  refused(told) {
    const type = String(told.type || "");
    this.tell(told.detail || this.form.dataset.lost);
    if (type.endsWith(":sold-out") && !this.field.value) this.offerList();
  }

  // The page that the server makes now has the waiting list, if there is one.
  offerList() {
    const link = document.createElement("a");
    link.href = location.pathname.replace(/\/order$/, "") + location.search;
    link.textContent = this.form.dataset.soldOut;
    link.addEventListener("click", (event) => {
      // The browser's own copy is still the one that sells.
      if (new URL(link.href).pathname !== location.pathname) return;
      event.preventDefault();
      location.reload();
    });
    this.trouble.querySelector("[data-trouble-text]").append(document.createElement("br"), link);
  }

  tell(text, restart = false) {
    this.trouble.hidden = !text;
    this.trouble.querySelector("[data-trouble-text]").textContent = text;
    this.again.hidden = !restart;
    if (text) this.spoken.textContent = text;
  }

  count(seconds) {
    this.until = performance.now() + seconds * 1000;
    clearTimeout(this.timer);
    this.tick(true);
  }

  tick(first = false) {
    const left = Math.ceil((this.until - performance.now()) / 1000);
    if (left <= 0) return this.over();
    const two = (count) => String(count).padStart(2, "0");
    const hours = left >= 3600 ? Math.floor(left / 3600) + ":" + two(Math.floor(left / 60) % 60) : Math.floor(left / 60);
    const clock = hours + ":" + two(left % 60);
    this.box.hidden = false;
    this.box.querySelector("[data-timer-text]").textContent = this.form.dataset.kept.replace("{time}", clock);
    if (first || SPOKEN_AT.includes(left)) this.speak(left);
    this.timer = setTimeout(() => this.tick(), ((this.until - performance.now()) % 1000) + 20);
  }

  speak(left) {
    const minutes = Math.max(1, Math.ceil(left / 60));
    const one = new Intl.PluralRules(LANGUAGE_OF_PAGE).select(minutes) === "one";
    this.spoken.textContent = (one ? this.form.dataset.minutesOne : this.form.dataset.minutesOther).replace("{n}", minutes);
  }

  forget() {
    clearTimeout(this.timer);
    this.field.value = "";
    this.asked = "";
    this.lines = [];
    this.box.hidden = true;
  }

  over() {
    this.forget();
    this.started = false;
    this.tell(this.form.dataset.expired, true);
  }

  release() {
    if (!this.field.value || this.offered) return;
    navigator.sendBeacon("/holds/" + this.field.value + "/release");
    this.forget();
    this.released = true;
  }
}

function watch(form) {
  const hold = new Hold(form);
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => hold.keep(), SETTLE);
  };
  form.addEventListener("input", () => showSums(form, hold.lines));
  form.addEventListener("change", (event) => {
    showSums(form, hold.lines);
    const counts = event.target.closest(".amount");
    if (counts || !hold.started) {
      hold.started = true;
      later();
    }
  });
  hold.again.addEventListener("click", () => {
    hold.started = true;
    hold.tell("");
    hold.keep();
    form.querySelector("input:not([type=hidden]):not([tabindex])").focus();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (hold.busy) {
      // What is being kept at this moment would compete with the order itself.
      event.preventDefault();
      hold.busy.finally(() => form.requestSubmit());
      return;
    }
    hold.leaving = true;
    form.querySelector("[data-call]").disabled = true;
  });
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    // What is sent carries the hold with it.
    if (!hold.leaving) hold.release();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.querySelector("[data-call]").disabled = false;
    const again = hold.released || hold.leaving;
    hold.leaving = hold.released = false;
    if (again) {
      hold.forget();
      hold.keep();
    }
  });
  showSums(form, hold.lines);
}

// What is sent is paid first; the button says what it does.
function showPaying(form) {
  const ways = form.querySelectorAll('[name="method"][type="radio"]');
  const call = form.querySelector("[data-call]");
  let before = null;
  const show = () => {
    const sent = form.elements.way.value !== "pickup";
    for (const one of ways) one.disabled = sent && one.value === "at_pickup";
    const chosen = [...ways].find((one) => one.checked);
    if (chosen && chosen.disabled) {
      before = chosen;
      [...ways].find((one) => !one.disabled).checked = true;
    } else if (before && !before.disabled) {
      before.checked = true;
      before = null;
    }
    const says = [...ways].find((one) => one.checked).dataset.says;
    if (call.textContent !== says) call.textContent = says;
  };
  if (ways.length < 2) return;
  form.addEventListener("change", show);
  show();
}

function showAddress(form) {
  const address = form.querySelector("[data-address]");
  if (!address) return;
  const show = () => { address.hidden = form.elements.way.value === "pickup"; };
  form.addEventListener("change", show);
  show();
}

document.querySelectorAll(".form").forEach((form) => {
  dressSteppers(form);
  if ("checkout" in form.dataset) {
    showAddress(form);
    showPaying(form);
    watch(form);
  }
});
const errors = document.getElementById("errors");
if (errors) (document.getElementById(errors.dataset.focus) || errors).focus();
