/* A file is dropped or chosen, and sent with its progress in sight. Without this the plain form does the same. */
"use strict";

(() => {
  const formOf = (target) => target.closest?.("form[data-upload]");
  const part = (form, name) => form.querySelector(`[data-${name}]`);

  function complain(form, text) {
    const box = part(form, "mistake");
    part(form, "mistake-text").textContent = text;
    box.hidden = false;
    box.focus();
  }

  function tell(form, text, percent) {
    const line = part(form, "sent");
    line.hidden = false;
    line.querySelector("progress").value = percent;
    part(form, "sent-text").textContent = text;
  }

  /** Take the answer in: the page after a redirect, or this page with what was wrong. */
  function take(form, request) {
    const answered = new URL(request.responseURL || location.href);
    if (request.status < 400 && answered.pathname !== location.pathname) {
      location.assign(answered.href);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.getElementById("f-main");
    if (main) document.getElementById("f-main").replaceWith(main);
    else complain(form, form.dataset.broken);
    fidelia.takeFocus();
  }

  function send(form) {
    const file = form.elements.file.files[0];
    if (!file) return false;
    if (file.size > Number(form.dataset.bytesMax)) {
      complain(form, form.dataset.tooLarge);
      return true;
    }
    const request = new XMLHttpRequest();
    const button = form.querySelector("[type='submit']");
    button.setAttribute("aria-disabled", "true");
    form.dataset.busy = "";
    part(form, "mistake").hidden = true;
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      const percent = Math.floor((100 * event.loaded) / event.total);
      tell(form, percent < 100 ? form.dataset.sending.replace("{n}", `${percent} %`) : form.dataset.looking, percent);
    });
    request.addEventListener("load", () => take(form, request));
    request.addEventListener("error", () => {
      complain(form, form.dataset.broken);
      button.removeAttribute("aria-disabled");
      delete form.dataset.busy;
    });
    tell(form, form.dataset.sending.replace("{n}", "0 %"), 0);
    fidelia.announce(form.dataset.sending.replace("{n}", "0 %"));
    request.open("POST", form.action);
    request.send(new FormData(form));
    return true;
  }

  document.addEventListener("submit", (event) => {
    const form = formOf(event.target);
    if (form && ("busy" in form.dataset || send(form))) event.preventDefault();
  });

  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const zone = event.target.closest?.("[data-drop]");
      if (!zone) return;
      event.preventDefault();
      zone.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        const form = formOf(zone);
        form.elements.file.files = event.dataTransfer.files;
        form.requestSubmit();
      }
    });
  }
})();
