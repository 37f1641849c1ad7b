import type { Mail } from "$shared/api/types";
import { until } from "$shared/text/times.svelte";

const KINDS: Record<string, string> = {
  invitation: "Invitation",
  reset: "Reset link",
  code: "Sign-in code",
  new_place: "Sign-in from a new place",
  locked_out: "Login locked",
  webhook_disabled: "Webhook switched off",
  test: "Test email",
};

/** What a mail is for. */
export function kind(mail: Mail): string {
  return KINDS[mail.kind] ?? mail.kind.replaceAll("_", " ");
}

/** Beside its state: how often it was tried and when it is tried next. */
export function tries(mail: Mail, now: number): string {
  const parts: string[] = [];
  if (mail.tries && mail.state !== "sent") parts.push(mail.tries === 1 ? "1 try" : `${mail.tries} tries`);
  if (mail.state === "queued" && mail.next_at && mail.tries) parts.push(`next ${until(mail.next_at, now)}`);
  return parts.join(" · ");
}
