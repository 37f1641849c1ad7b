/** What a call record says, in the words of the manual (§ 23.4, § 27.5). */

import type { Call, CallDetail, Leg } from "$shared/api/types";
import { phone } from "$shared/text/numbers";

/** The word of its pill. */
export function disposition(call: Call): string {
  if (!call.end) return "in progress";
  if (call.reason === "session_timeout") return "session timeout";
  return call.disposition?.replaceAll("_", " ") ?? "failed";
}

const REASONS: Record<string, string> = {
  session_timeout: "refresh failed",
  busy: "line busy",
  declined: "declined by the called party",
  no_answer: "nobody answered",
  unreachable: "no device reachable",
  nobody_registered: "no device registered",
  extension_disabled: "extension disabled",
  unknown_number: "number unknown",
  forward_loop: "forwarded in a circle",
  concurrent_call_limit: "too many calls at once",
  no_common_media: "no common codec",
  redirect_refused: "redirection refused",
};

/** Why it ended as it did, "" where nothing is known beyond its disposition. */
export function reason(call: Call): string {
  const known = REASONS[call.reason];
  if (known) return known;
  return call.reason.replace(/^sip_/, "SIP ").replaceAll("_", " ");
}

/** Who ended it, and which party that was. */
export function endedBy(call: Call): { who: string; which: string } {
  if (!call.end) return { who: "–", which: "in progress" };
  if (call.ended_by === "caller") return { who: "caller", which: call.from_name || phone(call.from) };
  if (call.ended_by === "callee") return { who: "callee", which: phone(call.answered_by || call.to) };
  return { who: "system", which: "not a party" };
}

export function seconds(call: Call, now: number): number | null {
  if (call.end) return call.seconds;
  return call.answered_at ? Math.max(0, (now - Date.parse(call.answered_at)) / 1000) : null;
}

/** The share of a direction's packets that never came. */
export function loss(figures: Leg["received"]): number {
  const all = figures.packets + figures.lost;
  return all > 0 ? figures.lost / all : 0;
}

export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "under 0.1%";
  return `${value === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)}%`;
}

/** How the audio was, in a line, and whether that is worth a second look. */
export function media(call: CallDetail): { unit: string; tone: "amber" | "red" | undefined } {
  if (!call.answered_at) return { unit: "never connected", tone: undefined };
  if (call.media === "none") return { unit: "no audio came", tone: "red" };
  if (call.media === "one-way") return { unit: "one-way audio", tone: "red" };
  const answered = call.legs.filter((leg) => leg.answered_at);
  const worst = Math.max(0, ...answered.map((leg) => loss(leg.received)));
  return worst >= 0.02 ? { unit: `${percent(worst)} of RTP lost`, tone: "amber" } : { unit: "RTP healthy", tone: undefined };
}
