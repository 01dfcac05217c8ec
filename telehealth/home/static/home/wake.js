// @ts-check
// The button of the next consultation wakes up: the page is shown anew when its time has come.
// Seconds from now, not a time: the device's clock may be wrong.

const asleep = document.querySelector("[data-wakes-in]");
const SHORTEST_S = 5;
const LONGEST_S = 20 * 86_400;

const wait = Number(asleep?.getAttribute("data-wakes-in") ?? Number.NaN);
if (wait <= LONGEST_S) setTimeout(() => location.reload(), Math.max(wait + 1, SHORTEST_S) * 1000);
