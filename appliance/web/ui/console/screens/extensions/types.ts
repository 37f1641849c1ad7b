import type { DeviceType } from "$shared/api/types";

/** The manual's words for the types of devices (§ 9.5). */
export const TYPES: Record<DeviceType, string> = {
  browser: "browser softphone",
  desk: "desk",
  mobile: "mobile",
};

/** What a device of a type is called after its extension: `1001-web`. */
export const SUFFIXES: Record<DeviceType, string> = { browser: "web", desk: "desk", mobile: "mobile" };

export const MEDIA = [
  { value: "optional", label: "Optional — SRTP where the phone offers it" },
  { value: "required", label: "Required — SRTP only" },
  { value: "plain", label: "Plain — RTP only" },
];
