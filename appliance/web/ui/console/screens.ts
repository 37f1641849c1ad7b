/** The console's screens, in the order of the rail. One line here adds one to the rail, to the
    palette, and to the addresses. */

import type { Component } from "svelte";

import type { Counts, Tier } from "$shared/api/types";
import type { IconName } from "$shared/pieces/icons";

export interface Screen {
  path: string;
  title: string;
  icon: IconName;
  /** The rail's heading. */
  group: "" | "Tenancy" | "Hosted PBX" | "Governance" | "Platform";
  /** The top bar's second line, or its group where the tenant in scope is named behind it. */
  line: string;
  tiers: Tier[];
  /** Works within one tenant. */
  within?: boolean;
  count?: (counts: Counts) => number | undefined;
  /** Instead of a count. */
  marker?: string;
  /** Other words to find it by. */
  words?: string;
  /** Its component, beneath `screens/`. */
  file: string;
}

type Loaded = { default: Component<{ rest: string }> };

const FILES = import.meta.glob<Loaded>("./screens/*.svelte");

/** Each screen is a part of its own, loaded when somebody goes there. */
export function load(screen: Screen): Promise<Loaded> {
  return FILES[`./screens/${screen.file}.svelte`]!();
}

/** Have a screen's part on its way before somebody is there. */
export function prepare(path: string): void {
  const screen = [...SCREENS, PROFILE].find((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (screen) void load(screen).catch(() => {});
}

const operators: Tier[] = ["platform", "reseller", "tenant"];

const ALL: Screen[] = [
  {
    path: "/overview",
    title: "Platform overview",
    icon: "overview",
    group: "",
    line: "platform · all resellers & tenants",
    tiers: ["platform", "reseller"],
    words: "dashboard kpi home",
    file: "Overview",
  },
  {
    path: "/resellers",
    title: "Resellers",
    icon: "resellers",
    group: "Tenancy",
    line: "platform · white-label partners",
    tiers: ["platform"],
    count: (counts) => counts.resellers,
    words: "partners white-label entitlements caps",
    file: "Resellers",
  },
  {
    path: "/tenants",
    title: "Tenants",
    icon: "tenants",
    group: "Tenancy",
    line: "customer organisations · all resellers",
    tiers: ["platform", "reseller"],
    count: (counts) => counts.tenants,
    words: "customers licence license limits suspend",
    file: "Tenants",
  },
  {
    path: "/users",
    title: "Users",
    icon: "users",
    group: "Hosted PBX",
    line: "hosted PBX",
    tiers: operators,
    within: true,
    count: (counts) => counts.users,
    words: "people logins roster invitation second factor mfa",
    file: "Users",
  },
  {
    path: "/extensions",
    title: "Extensions & Devices",
    icon: "extensions",
    group: "Hosted PBX",
    line: "hosted PBX",
    tiers: operators,
    within: true,
    count: (counts) => counts.extensions,
    words: "phones sip devices registrar registration secret blocked",
    file: "Extensions",
  },
  {
    path: "/calls",
    title: "Call History",
    icon: "calls",
    group: "Hosted PBX",
    line: "call history",
    tiers: operators,
    within: true,
    count: (counts) => counts.live_calls,
    words: "cdr records recent timeline dropped",
    file: "Calls",
  },
  {
    path: "/policy",
    title: "Security Policy",
    icon: "policy",
    group: "Governance",
    line: "governance · platform-wide defaults",
    tiers: ["platform", "tenant"],
    marker: "!",
    words: "password lockout 2fa mfa",
    file: "Policy",
  },
  {
    path: "/audit",
    title: "Audit Log",
    icon: "audit",
    group: "Governance",
    line: "governance",
    tiers: operators,
    words: "who did what history chain",
    file: "Audit",
  },
  {
    path: "/api",
    title: "API & Integrations",
    icon: "api",
    group: "Platform",
    line: "platform · control-plane access",
    tiers: operators,
    marker: "›_",
    words: "keys webhooks reference integration token",
    file: "Api",
  },
  {
    path: "/health",
    title: "Service health",
    icon: "health",
    group: "Platform",
    line: "platform",
    tiers: operators,
    words: "status outage components media relay",
    file: "Health",
  },
  {
    path: "/mail",
    title: "Mail",
    icon: "mail",
    group: "Platform",
    line: "platform · mail relay",
    tiers: ["platform"],
    count: (counts) => counts.failed_mails || undefined,
    words: "smtp relay queue test",
    file: "Mail",
  },
];

export const SCREENS = ALL.filter((screen) => `./screens/${screen.file}.svelte` in FILES);

/** Reached from the account menu. */
export const PROFILE: Screen = {
  path: "/profile",
  title: "Profile & security",
  icon: "profile",
  group: "",
  line: "account",
  tiers: operators,
  words: "password authenticator totp passkey recovery codes logins",
  file: "Profile",
};

export function screensFor(tier: Tier): Screen[] {
  return SCREENS.filter((screen) => screen.tiers.includes(tier));
}

export function landing(tier: Tier): string {
  return { platform: "/overview", reseller: "/tenants", tenant: "/extensions", user: "/profile" }[tier];
}

/** The screen of an address, with what follows its own part. */
export function screenAt(path: string, tier: Tier): { screen: Screen; rest: string } | null {
  for (const screen of [...screensFor(tier), PROFILE]) {
    if (path === screen.path) return { screen, rest: "" };
    if (path.startsWith(`${screen.path}/`)) return { screen, rest: decodeURIComponent(path.slice(screen.path.length + 1)) };
  }
  return null;
}
