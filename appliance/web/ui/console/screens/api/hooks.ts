/** What `/v1/webhooks` and `/v1/api-settings` answer. */

import type { Tier } from "$shared/api/types";

export interface Hook {
  id: string;
  label: string;
  url: string;
  events: string[];
  tier: Tier;
  reseller: string | null;
  tenant: string | null;
  state: "active" | "paused" | "disabled";
  failing_since: string | null;
  created_at: string;
  version: number;
}

export interface MadeHook extends Hook {
  secret: string;
}

export interface HookDelivery {
  id: string;
  event: string;
  state: "waiting" | "delivered" | "failed";
  tries: number;
  created_at: string;
  tried_at: string | null;
  next_at: string | null;
  answer_status: number | null;
  answer: string;
}

export interface ApiSettings {
  requests_per_minute: number;
  /** For the platform alone. */
  webhook_networks: string[] | null;
  webhook_plain_http: boolean;
}

/** The word of its pill: one that fails while it is still tried says so. */
export function stateOf(hook: Hook): string {
  return hook.state === "active" && hook.failing_since ? "failing" : hook.state;
}
