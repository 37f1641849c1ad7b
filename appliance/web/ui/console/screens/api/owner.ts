import { scope } from "$console/scope.svelte";
import { session } from "$shared/api/session.svelte";

import type { OwnerChoice } from "./words";

/** What a new one begins with: the tenant in scope, else the maker's own scope. */
export function begun(): OwnerChoice {
  const tenant = scope.slug;
  return { tier: tenant ? "tenant" : session.tier, reseller: "", tenant };
}

/** What is wrong with a choice before it is sent. */
export function faults(choice: OwnerChoice): Record<string, string> {
  if (session.tenantTier) return {};
  if (choice.tier === "tenant" && !choice.tenant) return { tenant: "Choose a tenant." };
  if (choice.tier === "reseller" && session.platform && !choice.reseller) return { reseller: "Choose a reseller." };
  return {};
}

/** As the API takes it. */
export function sent(choice: OwnerChoice): { tier: string; reseller: string; tenant: string } {
  return {
    tier: choice.tier,
    reseller: choice.tier === "reseller" ? choice.reseller : "",
    tenant: choice.tier === "tenant" && !session.tenantTier ? choice.tenant : "",
  };
}
