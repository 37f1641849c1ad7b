/** The grammar of states (manual § 27.5): green is healthy, amber wants attention, red has failed,
    grey is neutral, and the brand informs. */
export type Tone = "green" | "amber" | "red" | "grey" | "info";

const TONES: Record<string, Tone> = {
  registered: "green",
  idle: "grey",
  expired: "amber",
  unreachable: "red",
  rejected: "red",
  up: "green",
  operational: "green",
  degraded: "amber",
  down: "red",
  outage: "red",
  in: "green",
  out: "green",
  internal: "grey",
  missed: "red",
  answered: "green",
  voicemail: "info",
  busy: "amber",
  "no answer": "red",
  failed: "red",
  cancelled: "grey",
  "session timeout": "red",
  "in progress": "info",
  active: "green",
  suspended: "amber",
  disabled: "grey",
  enabled: "green",
  invited: "info",
  enforced: "green",
  "password only": "amber",
  "email otp": "green",
  authenticator: "green",
  passkey: "green",
  primary: "info",
  secondary: "grey",
  shared: "info",
  sent: "green",
  delivered: "green",
  queued: "info",
  pending: "info",
  retrying: "amber",
  failing: "amber",
  kept: "amber",
  discarded: "grey",
  revoked: "grey",
  enrolled: "green",
  "not enrolled": "grey",
};

export function toneOf(state: string): Tone {
  return TONES[state.toLowerCase().replaceAll("_", " ")] ?? "grey";
}

/** Where a state's words are not its name. */
const WORDS: Record<string, string> = { email_otp: "email OTP" };

export function wordOf(state: string): string {
  return WORDS[state] ?? state.replaceAll("_", " ");
}
