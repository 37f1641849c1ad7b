/** A span of time as a list is narrowed to it; it stands in the address as `time`, and where that is
    `between` as the days `from` and `to` of the viewer's zone. */

import { router } from "$shared/router.svelte";

const HOUR = 3_600_000;

const PAST: Record<string, number> = { "1h": HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR, "30d": 720 * HOUR };

export const SPANS = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
  { value: "between", label: "Between…" },
];

/** Midnight of that day here, `after` days later. */
function midnight(day: string, after = 0): string | null {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + after).toISOString();
}

/** What the API is asked for: from `since` on, and before `until`. */
export function span(): { since: string | null; until: string | null } {
  const time = router.param("time");
  const past = PAST[time];
  if (past) {
    // To the minute, so that the same list is asked for the same way for a while.
    return { since: new Date(Math.floor((Date.now() - past) / 60_000) * 60_000).toISOString(), until: null };
  }
  if (time === "between") return { since: midnight(router.param("from")), until: midnight(router.param("to"), 1) };
  return { since: null, until: null };
}

export const NO_SPAN = { time: "", from: "", to: "" };
