// @ts-check
/** What every page starts with. */

import { watchDialogs } from "core/dialog.js";
import { watchForms } from "core/forms.js";
import { watchThemeChoice } from "core/theme.js";

watchThemeChoice();
watchForms();
watchDialogs();

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
