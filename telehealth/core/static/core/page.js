// @ts-check
/** What every page starts with. */

import { watchDialogs } from "core/dialog.js";
import { watchForms } from "core/forms.js";
import "core/outbox-status.js";
import { isShell, watchOutbox } from "core/outbox.js";
import { watchThemeChoice } from "core/theme.js";

watchThemeChoice();
watchForms();
void watchOutbox();
watchDialogs();

// Only where somebody writes things down: a doctor's computer keeps nothing.
if (!isShell && document.querySelector('meta[name="outbox-owner"]') && "serviceWorker" in navigator) {
  addEventListener("load", () => {
    const address = `/sw.js?jezik=${document.documentElement.lang}`;
    navigator.serviceWorker.register(address).catch(() => {
      // Without it the page works as before; only opening it without a connection does not.
    });
  });
}

const offline = document.getElementById("offline");
if (offline) {
  offline.hidden = navigator.onLine;
  addEventListener("offline", () => {
    offline.hidden = false;
  });
  addEventListener("online", () => {
    offline.hidden = true;
  });
}
