/** What keys and webhooks are made of, in words (manual § 25.2, § 25.6.2). */

import type { Tier } from "$shared/api/types";

export const RIGHTS = [
  { value: "pbx:read", label: "pbx:read", note: "Read extensions, devices, users and registrations" },
  { value: "pbx:write", label: "pbx:write", note: "Create and change them; reads as well" },
  { value: "calls:read", label: "calls:read", note: "Read call records and calls in progress" },
  { value: "tenancy:read", label: "tenancy:read", note: "Read tenants, their limits and their policy" },
  { value: "tenancy:write", label: "tenancy:write", note: "Create and change them; reads as well" },
  { value: "audit:read", label: "audit:read", note: "Read and export the audit log" },
  { value: "keys:write", label: "keys:write", note: "Manage API keys" },
  { value: "webhooks:write", label: "webhooks:write", note: "Manage webhooks" },
];

export const EVENTS = [
  { value: "tenant.created", label: "tenant.created", note: "A tenant is provisioned" },
  { value: "call.completed", label: "call.completed", note: "A call ends and its record is written" },
  { value: "device.registered", label: "device.registered", note: "A device comes online" },
];

/** A tenant is never told of tenants that are made. */
export function eventsFor(tier: string): typeof EVENTS {
  return tier === "tenant" ? EVENTS.filter((event) => event.value !== "tenant.created") : EVENTS;
}

/** Whose it is: `tenant · acme`. */
export function owner(one: { tier: Tier; reseller: string | null; tenant: string | null }): string {
  const name = one.tenant ?? one.reseller;
  return name ? `${one.tier} · ${name}` : one.tier;
}

export interface OwnerChoice {
  tier: string;
  reseller: string;
  tenant: string;
}
