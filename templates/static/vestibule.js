/* Progressive enhancement only: every page works without this file. No texts here; templates bring them as data-*. */
"use strict";

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

/* Call `tick(left)` every second until 0; measured, so that a sleeping laptop does not stop the time. */
function countDown(seconds, tick) {
  const end = performance.now() + seconds * 1000;
  const step = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    tick(left);
    if (left > 0) setTimeout(step, 1000);
  };
  step();
}

/* After an error the summary is read out first; a lone wrong code keeps its field. */
function focusErrors() {
  const target = document.querySelector("input[autofocus]") ?? document.querySelector(".summary");
  target?.focus();
}

function revealPasswords() {
  each(".reveal", (button) => {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const show = (shown) => {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      button.querySelector(".word").textContent = shown ? button.dataset.hide : button.dataset.show;
    };
    button.hidden = false;
    button.addEventListener("click", () => { show(input.type === "password"); input.focus(); });
    input.form?.addEventListener("submit", () => show(false));
  });
}

function measurePasswords() {
  each("input[data-floor]", (input) => {
    const feedback = document.getElementById(`${input.id}-feedback`);
    const tell = () => {
      const length = [...input.value].length;
      const missing = Number(input.dataset.floor) - length;
      const words = missing > 1 ? feedback.dataset.more.replace("{count}", missing) : missing === 1 ? feedback.dataset.one : feedback.dataset.enough;
      feedback.textContent = length ? words : "";
      feedback.classList.toggle("enough", missing <= 0);
    };
    let pause;
    input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(tell, 400); });
  });
}

/* « e-mail » and « e-services » stay in one piece: a line may end at their hyphen otherwise. */
function keepWordsWhole() {
  const span = (className, ...parts) => {
    const made = Object.assign(document.createElement("span"), { className });
    made.append(...parts);
    return made;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const hyphenated = [];
  while (texts.nextNode()) if (/\be-\p{L}/iu.test(texts.currentNode.data)) hyphenated.push(texts.currentNode);
  for (const text of hyphenated) {
    if (text.parentElement.closest("option, script")) continue;
    const parts = text.data.split(/(\be-\p{L}+)/iu).map((part, i) => (i % 2 ? span("whole", part) : part));
    text.replaceWith(span("", ...parts)); // one element: a button or a link may be a flex container
  }
}

/* An address or a name that is too long for its line goes on after its @, not in the middle of a word. */
function breakAddresses() {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const addresses = [];
  while (texts.nextNode()) if (/\S@\S/.test(texts.currentNode.data)) addresses.push(texts.currentNode);
  for (const text of addresses) {
    if (text.parentElement.closest("option, script")) continue;
    const whole = document.createElement("span"); // one element: a button may be a flex container
    whole.append(...text.data.split(/(?<=\S@)(?=\S)/).flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part])));
    text.replaceWith(whole);
  }
}

/* A pressed button shows that it works and keeps its words; a second press sends nothing. */
function guardSubmits() {
  each("form", (form) => form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    (event.submitter ?? form.querySelector(".primary"))?.setAttribute("aria-busy", "true");
  }));
  addEventListener("pageshow", () => {
    each("form[data-sent]", (form) => delete form.dataset.sent);
    each("[aria-busy]", (button) => button.removeAttribute("aria-busy"));
  });
}

function waitToResend() {
  each("button[data-wait]", (button) => {
    const words = button.textContent;
    const refuse = (event) => event.preventDefault();
    button.setAttribute("aria-disabled", "true");
    button.addEventListener("click", refuse);
    countDown(Number(button.dataset.wait), (left) => {
      button.textContent = left ? button.dataset.waiting.replace("{seconds}", left) : words;
      if (!left) { button.removeAttribute("aria-disabled"); button.removeEventListener("click", refuse); }
    });
  });
}

function showTimeLeft() {
  each("[data-left]", (place) => countDown(Number(place.dataset.left), (left) => {
    const { minutes, seconds } = place.dataset;
    const words = left >= 60 ? minutes.replace("{minutes}", Math.floor(left / 60)) : seconds;
    place.textContent = left ? words.replace("{seconds}", left % 60) : "";
  }));
}

/* A code that expires while its page is open: what was for it goes, and the page says why and how to get another. */
function endCodes() {
  each("[data-while-live]", (part) => countDown(Number(part.dataset.whileLive), (left) => {
    if (left) return;
    part.hidden = true;
    each("[data-ended]", (alert) => { alert.hidden = false; alert.lastElementChild.textContent = alert.dataset.ended; });
    each("#resend", (button) => { button.hidden = true; });
    each("[data-anew]", (button) => {
      Object.assign(button, { textContent: button.dataset.anew, name: "action", value: "resend", formNoValidate: true });
      button.focus();
    });
  }));
}

/* A blank after every few symbols of a long code, as on the letter. What is corrected in the middle stays as typed. */
function groupCodes() {
  each("input[data-group]", (input) => input.addEventListener("input", (event) => {
    if (event.inputType?.startsWith("delete") || input.selectionEnd < input.value.length || /[^\p{L}\d\s-]/u.test(input.value)) return;
    const symbols = input.value.replace(/[\s-]/g, "").toUpperCase();
    input.value = symbols.match(new RegExp(`.{1,${input.dataset.group}}`, "g"))?.join(" ") ?? "";
  }));
}

/* Until when the page can be sent is said in its last ten minutes only; without script it is said from the beginning. */
function showPageClock() {
  each("[data-page-clock]", (line) => {
    const wait = line.dataset.pageClock - 600;
    if (wait <= 0) return;
    line.hidden = true;
    setTimeout(() => { line.hidden = false; }, wait * 1000);
  });
}

/* Two minutes before the page's time is over, offer one press to extend it (WCAG 2.2.1). */
function warnBeforeTheEnd() {
  const dialog = document.querySelector(".time-limit");
  if (!dialog) return;
  const button = dialog.querySelector("button");
  let timer;
  const arm = () => { timer = setTimeout(() => dialog.showModal(), Math.max(0, dialog.dataset.seconds - 120) * 1000); };
  const extend = async () => {
    try {
      const answer = await fetch(dialog.dataset.extend, { method: "POST", headers: { "X-CSRF-Token": dialog.dataset.token } });
      if (!answer.ok) throw new Error(answer.status);
      clearTimeout(timer);
      dialog.close();
      arm();
    } catch {
      dialog.querySelector(".failed").hidden = false;
    }
  };
  button.addEventListener("click", extend);
  arm();
}

/* <form data-passkey="create|get" data-options="{…}"> with a hidden input `credential`: its button asks the browser
   for a passkey and sends the answer. With data-autofill the identifier field offers passkeys too. */
function usePasskeys() {
  const supported = window.PublicKeyCredential?.parseRequestOptionsFromJSON;
  if (!supported) each("[data-without-passkeys]", (words) => { words.hidden = false; });
  each("[data-signal]", (place) => window.PublicKeyCredential?.[place.dataset.signal]?.(JSON.parse(place.dataset.details)).catch(() => {}));
  each("form[data-passkey]", async (form) => {
    if (!supported) return;
    const creating = form.dataset.passkey === "create";
    const json = JSON.parse(form.dataset.options);
    const options = creating ? PublicKeyCredential.parseCreationOptionsFromJSON(json) : PublicKeyCredential.parseRequestOptionsFromJSON(json);
    const failed = form.querySelector(".failed");
    let waiting;
    const ask = async (more) => {
      waiting?.abort();
      waiting = new AbortController();
      const request = { publicKey: options, signal: waiting.signal, ...more };
      try {
        const credential = await (creating ? navigator.credentials.create(request) : navigator.credentials.get(request));
        form.elements.credential.value = JSON.stringify(credential);
        form.submit();
      } catch (error) {
        if (error.name !== "AbortError" && failed && !more) failed.hidden = false;
      }
    };
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ask();
    });
    if (form.hasAttribute("data-autofill") && await PublicKeyCredential.isConditionalMediationAvailable?.()) ask({ mediation: "conditional" });
  });
}

/* The browser's own Back leads to the current step again; a line then says where the person is. On the first page of a
journey it explains what the browser fills in again. */
function explainBack() {
  const [loaded] = performance.getEntriesByType("navigation");
  if (loaded?.type !== "back_forward") return;
  const isTyped = (input) => !["hidden", "password"].includes(input.type) && input.value !== input.defaultValue;
  addEventListener("pageshow", () => each("[data-came-back]", (line) => {
    line.hidden = line.dataset.cameBack === "typed" && ![...document.querySelectorAll("#step input")].some(isTyped);
  }));
}

/* The answer to a form is a visit of its address from now on: Back and Reload show the page where the person is, and do
not send the form again. Without script the browser asks whether it should. */
function visitAgain() {
  const { visit } = document.documentElement.dataset;
  if (visit) history.replaceState(null, "", visit);
}

/* A sign-in page that was left open is asked for again when its tab comes back: another tab may have signed in. */
function resumeElsewhere() {
  const untouched = () => [...document.querySelectorAll("main input:not([type=hidden])")].every((input) => !input.value || input.value === input.defaultValue);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && document.querySelector("[data-resumes]") && untouched()) location.reload();
  });
}

/* Menus close on Escape and on a press elsewhere; a double click on a row opens its detail page. */
function easeTables() {
  const closeMenus = (except) => each("details.menu[open]", (menu) => { if (menu !== except) menu.open = false; });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  each("tr[data-href]", (row) => row.addEventListener("dblclick", () => location.assign(row.dataset.href)));
}

/* A list that is shown once: copied or printed. */
function keepLists() {
  each("[data-copy]", (button) => {
    const list = document.getElementById(button.dataset.copy);
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText([...list.children].map((line) => line.textContent.trim()).join("\n"));
      button.textContent = button.dataset.done;
    });
  });
  each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}

visitAgain();
keepWordsWhole();
breakAddresses();
keepLists();
usePasskeys();
guardSubmits();
focusErrors();
revealPasswords();
measurePasswords();
waitToResend();
showTimeLeft();
endCodes();
groupCodes();
showPageClock();
warnBeforeTheEnd();
easeTables();
explainBack();
resumeElsewhere();
