import { api, path } from "$shared/api/client";
import type { Extension } from "$shared/api/types";
import { confirm } from "$shared/confirming.svelte";
import { count } from "$shared/text/numbers";
import { toasts } from "$shared/toasts.svelte";

/** Switch a line on or off, with the way back. */
export async function setEnabled(slug: string, extension: Extension, enabled: boolean, again: () => unknown): Promise<Extension> {
  const number = extension.extension;
  const changed = await api.patch<Extension>(path`/v1/tenants/${slug}/extensions/${number}`, { enabled }, { ifMatch: extension.version });
  toasts.say(`Extension ${number} ${enabled ? "enabled" : "disabled"}.`, async () => {
    await setEnabled(slug, changed, !enabled, again);
    again();
  });
  return changed;
}

/** Ask, in the words of deleting a tenant, and delete; whether it was done. */
export async function deleteExtension(slug: string, extension: Extension): Promise<boolean> {
  const place = path`/v1/tenants/${slug}/extensions/${extension.extension}`;
  const within = await api.get<{ devices: number; mailboxes: number; users: number }>(`${place}/contents`);
  const goes = [
    within.devices ? count(within.devices, "SIP device") : "",
    within.mailboxes ? `${count(within.mailboxes, "voicemail box", "voicemail boxes")} with all messages` : "",
  ].filter(Boolean);
  const sure = await confirm({
    title: `Delete extension — ${extension.extension} · ${extension.name}`,
    body: [
      `This permanently deletes ${extension.extension} · ${extension.name} and everything it owns.`,
      `${goes.length ? `${goes.join(" and ")} will be destroyed; phones are signed off now. ` : ""}This cannot be undone.`,
      within.users ? `${count(within.users, "user")} ${within.users === 1 ? "loses" : "lose"} the line and stay${within.users === 1 ? "s" : ""}. To keep it for later, disable it instead.` : "To keep it for later, disable it instead.",
    ],
    typed: extension.extension,
    typedLabel: `Type the number ${extension.extension} to confirm`,
    action: "Delete permanently",
    danger: true,
  });
  if (!sure) return false;
  await api.delete(place);
  toasts.say(`Extension ${extension.extension} deleted.`);
  return true;
}
