/** One's own login, as `/v1/me` has it. What opens or closes a door asks for the password again ten
    minutes after a sign-in. */

import { ApiError } from "$shared/api/client";
import type { Passkey } from "$shared/api/types";

export interface Factors {
  totp: boolean;
  email_otp: boolean;
  passkeys: Passkey[];
  /** How many are left. */
  recovery_codes: number;
  /** The policy asks for a second factor. */
  required: boolean;
}

export interface OwnLogin {
  id: string;
  current: boolean;
  address: string;
  user_agent: string;
  created_at: string;
  last_used_at: string;
}

export interface Codes {
  recovery_codes: string[];
}

export function wantsPassword(error: unknown): boolean {
  return error instanceof ApiError && error.code === "confirm_password";
}

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\/|HeadlessChrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** `Firefox on Windows`; what is no browser stays as it calls itself. */
export function browser(agent: string): string {
  const found = BROWSERS.find(([mark]) => mark.test(agent))?.[1];
  const system = SYSTEMS.find(([mark]) => mark.test(agent))?.[1];
  if (!found) return agent || "unknown program";
  return system ? `${found} on ${system}` : found;
}
