// What pages do once this has loaded; each of them works before, and without it.
"use strict";

const typing = (element) => element instanceof Element && element.closest("input, textarea, select, [contenteditable]") !== null;
const palette = document.getElementById("palette");
const keys = document.getElementById("keys");

function openPalette() {
  if (!palette || palette.open) return;
  palette.showModal();
  const input = palette.querySelector("input");
  input.select();
  htmx.trigger(input, "open");
}

// Lines of a list are gone through with j and k: the first link, or what opens, of each.
function moveFocus(by) {
  const lines = [...document.querySelectorAll("main tbody a:first-of-type, main .list > li a:first-of-type, main .timeline summary")];
  if (lines.length === 0) return;
  const place = lines.indexOf(document.activeElement);
  lines[Math.min(Math.max(place + by, 0), lines.length - 1)].focus();
}

let went = 0;
document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const going = Date.now() - went < 1200;
  went = 0;
  if (going) {
    const link = document.querySelector(`.sections a[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  } else if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-palette] input")?.focus();
  } else if (event.key === "g") {
    went = Date.now();
  } else if (event.key === "?") {
    keys?.showModal();
  } else if (event.key === "j" || event.key === "k") {
    moveFocus(event.key === "j" ? 1 : -1);
  }
});

// In the palette, the arrows go from the field to what was found, and Enter takes the first.
palette?.addEventListener("keydown", (event) => {
  const found = [...palette.querySelectorAll("#found a")];
  const input = palette.querySelector("input");
  const place = found.indexOf(document.activeElement);
  if (event.key === "ArrowDown") {
    event.preventDefault();
    (found[place + 1] ?? found[0] ?? input).focus();
  } else if (event.key === "ArrowUp") {
    event.preventDefault();
    (found[place - 1] ?? input).focus();
  } else if (event.key === "Enter" && event.target === input && found.length > 0) {
    event.preventDefault();
    found[0].click();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target === palette || event.target === keys) event.target.close();
});

// What is typed stays in this browser until it was taken: a lost connection, or a page left, loses nothing.
function nameOfDraft(text) {
  return `draft:${location.pathname}:${text.name}`;
}
const taken = new URLSearchParams(location.search).get("taken");
// The page of the form that was taken is named where it is another one than this.
for (const name of taken?.startsWith("/") ? Object.keys(localStorage) : []) {
  if (name.startsWith(`draft:${taken}:`)) localStorage.removeItem(name);
}
for (const text of document.querySelectorAll("textarea[data-draft]")) {
  const name = nameOfDraft(text);
  if (taken !== null) localStorage.removeItem(name);
  else if (text.value === "") text.value = localStorage.getItem(name) ?? "";
  text.addEventListener("input", () => {
    if (text.value === "") localStorage.removeItem(name);
    else localStorage.setItem(name, text.value);
  });
}
if (taken !== null) {
  const address = new URL(location.href);
  address.searchParams.delete("taken");
  history.replaceState(null, "", address);
}

// What is longer than is taken is not sent: it stays where it was typed, and the form says what is allowed.
function isTooLong(form) {
  form.querySelector(":scope > .too-long")?.remove();
  if (String(new URLSearchParams(new FormData(form))).length < Number(document.body.dataset.most)) return false;
  const said = document.createElement("p");
  said.className = "trouble refused too-long";
  said.role = "alert";
  said.textContent = document.body.dataset.toolong;
  form.prepend(said);
  said.scrollIntoView({ block: "nearest" });
  return true;
}

// A form is sent once, whatever a hurried hand does.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent || isTooLong(form)) event.preventDefault();
  else form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A kept reply is put where one writes, behind what stands there already.
for (const form of document.querySelectorAll("form[data-fill]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    fetch(address, { headers: { "X-Live": "1" } }).then((answer) => answer.text()).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      const [own, filled] = [document, fresh].map((page) => page.querySelector("#text"));
      if (!filled) return;
      own.value = [own.value.trimEnd(), filled.value].filter(Boolean).join("\n\n");
      own.dispatchEvent(new Event("input"));
      own.focus();
      for (const id of ["missing", "sources"]) document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
    }).catch(() => form.submit());
  });
}

// All rows of a list are ticked, or none where all were.
for (const button of document.querySelectorAll("[data-tick-all]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const boxes = [...button.form.elements].filter((each) => each.type === "checkbox");
    const all = boxes.every((each) => each.checked);
    for (const each of boxes) each.checked = !all;
  });
}

// Who has a ticket open says so as long as it is seen, and hears who else is there.
const here = document.querySelector("[data-here]");
if (here) {
  const say = () => {
    if (document.hidden) return;
    const writing = document.getElementById("text")?.value.trim() ? "writing" : "viewing";
    fetch(`${here.dataset.here}/here`, {
      method: "POST",
      headers: { "X-Live": "1" },
      body: new URLSearchParams({ doing: writing, version: here.dataset.version }),
    }).then((answer) => (answer.ok ? answer.text() : "")).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").body;
      if (here.innerHTML.trim() !== fresh.innerHTML.trim()) here.replaceChildren(...fresh.childNodes);
    }).catch(() => {});  // the next time says it again
  };
  say();
  setInterval(say, 20000);
  const gone = () => navigator.sendBeacon(`${here.dataset.here}/gone`);
  addEventListener("pagehide", gone);
  document.addEventListener("visibilitychange", () => (document.hidden ? gone() : say()));
}

// What is live: after news, the page is fetched again, and the parts of it that differ take the place of the old ones.
// A part that somebody writes in stays; lines that are new come in on top of those that were loaded.
const live = document.querySelector("[data-live]");

// Where none of the newest lines is known, more has happened than they tell: false then, but of the whole page, whose
// lines take the place of those that are there.
function takeFresh(text, whole) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (fresh.title) document.title = fresh.title;
  live.dataset.every = fresh.querySelector("[data-live]")?.dataset.every ?? "";
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const other = fresh.getElementById(part.id);
    if (!other || typing(document.activeElement) && part.contains(document.activeElement)) continue;
    if (other.outerHTML === part.outerHTML || part.querySelector("details[open]")) continue;
    part.replaceWith(document.adoptNode(other));
  }
  let joined = true;
  for (const list of document.querySelectorAll("[data-grow]")) {
    const other = fresh.getElementById(list.id);
    const known = new Set([...list.querySelectorAll("[data-id]")].map((line) => line.dataset.id));
    const newest = [...(other?.querySelectorAll("[data-id]") ?? [])];
    const lines = newest.filter((line) => !known.has(line.dataset.id));
    if (lines.length === 0) continue;
    document.getElementById("said").textContent = live.dataset.news;
    const first = list.querySelector("[data-id]");
    if (lines.length < newest.length) for (const line of lines) list.insertBefore(document.adoptNode(line), first);
    else if (whole) {
      list.replaceWith(document.adoptNode(other));
      htmx.process(other);
    } else joined = false;
  }
  return joined;
}

// What stands first is not sent again: news are mostly of one line or two.
function newestKnown() {
  return [...document.querySelectorAll("[data-grow] [data-id]")].slice(0, 12).map((line) => line.dataset.id).join();
}

if (live) {
  const state = document.getElementById("live");
  let waiting = 0;
  let asking = false;
  let again = false;
  let whole = false;
  let ready = 0;
  // Where a service is away for a moment, the news is not lost: the page asks for it again.
  const later = () => {
    if (document.hidden) return;  // it looks again once it is seen
    waiting ||= setTimeout(refresh, 2000);
  };
  // One thing that happens makes many news: the first is taken at once, and what follows it together, a while later:
  // four times as long as the page took, so that a busy system is asked less and no page takes another's turn.
  const refresh = () => {
    waiting = 0;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    const begun = performance.now();
    const take = (text) => {
      whole = !takeFresh(text, whole);
      again ||= whole;
    };
    fetch(location.href, { headers: { "X-Live": whole ? "whole" : "news", "X-Known": newestKnown() } })
      .then((answer) => (answer.ok ? answer.text().then(take) : answer.status >= 500 ? later() : undefined))
      .catch(later)
      .finally(() => {
        asking = false;
        ready = performance.now() + pauseAfter(performance.now() - begun);
        if (again) news();
        again = false;
        lookAgain();
      });
  };
  const pauseAfter = (took) => Math.max(took, Math.min(1000, Math.max(250, 4 * took)));
  const news = () => {
    waiting ||= setTimeout(refresh, Math.max(150, ready - performance.now()));
  };
  // What moves on without being told is looked at every so many seconds, as long as it moves and is seen.
  let next = 0;
  const lookAgain = () => {
    clearTimeout(next);
    const every = Number(live.dataset.every);
    if (every) next = setTimeout(() => document.hidden || news(), every * 1000);
  };
  // A stream tells from its own begin on. So the page looks for itself what happened since it was written, and once the
  // stream was lost, what happened in between.
  let lost = true;
  const show = (connected) => {
    if (connected && lost) news();
    lost = !connected;
    if (document.hidden) return;
    state.hidden = false;
    state.classList.toggle("lost", !connected);
    state.textContent = connected ? state.dataset.on : state.dataset.off;
  };
  // A browser opens few connections to one host, so only a page that is seen holds one.
  let source;
  const connect = () => {
    source?.close();
    if (document.hidden) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener("beat", () => show(true));
    source.addEventListener("message", news);
    source.addEventListener("reset", news);
    source.addEventListener("error", () => {
      show(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);  // on its own it does not come back
    });
  };
  connect();
  lookAgain();
  addEventListener("pagehide", () => source?.close());
  document.addEventListener("visibilitychange", () => {
    connect();
    if (!document.hidden) refresh();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      connect();
      refresh();
    }
  });
}

// The device's own zone, where nobody has chosen one.
if (!/(^|; )rapport-own-zone=/.test(document.cookie)) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `rapport-own-zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}
