import type { ResellerCaps } from "$shared/api/types";

export const PLANS = ["Wholesale · Standard"];

/** The ceilings (manual § 5.4.1), with what is counted against them. */
export const CAPS: { name: keyof ResellerCaps; label: string; unit: string }[] = [
  { name: "tenants", label: "Tenants", unit: "used / cap" },
  { name: "extensions", label: "Extensions", unit: "used / cap" },
  { name: "numbers", label: "DID numbers", unit: "used / cap" },
  { name: "concurrent_pstn", label: "Concurrent PSTN", unit: "live / cap" },
  { name: "rooms", label: "Conference rooms", unit: "used / cap" },
];

/** Features that a partner may enable for its tenants (manual § 5.4). */
export const ENTITLEMENTS: [string, string][] = [
  ["attendants", "Auto-attendants (IVR)"],
  ["conferences", "Conferences"],
  ["video", "Softphone video"],
  ["transcription", "Voicemail transcription"],
  ["own_carrier", "Bring-your-own carrier"],
];
