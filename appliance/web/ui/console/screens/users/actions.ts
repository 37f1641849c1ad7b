import { api, path } from "$shared/api/client";
import type { User } from "$shared/api/types";
import { confirm } from "$shared/confirming.svelte";
import { toasts } from "$shared/toasts.svelte";

/** Revoke a login or give it back, with the way back. */
export async function setStatus(slug: string, user: User, status: "active" | "disabled", again: () => unknown): Promise<User> {
  const now = await api.patch<User>(path`/v1/tenants/${slug}/users/${user.username}`, { status }, { ifMatch: user.version });
  toasts.say(`${now.name} ${status === "disabled" ? "disabled" : "enabled"}.`, async () => {
    await setStatus(slug, now, status === "disabled" ? "active" : "disabled", again);
    again();
  });
  return now;
}

/** Ask, and revoke; what the user is then, or null. */
export async function disableUser(slug: string, user: User, again: () => unknown): Promise<User | null> {
  const sure = await confirm({
    title: `Disable ${user.name}`,
    body: ["The login is revoked now and every session of it ends.", "The record and its extensions stay: the number keeps working and can be linked to somebody else."],
    action: "Disable",
    danger: true,
  });
  return sure ? setStatus(slug, user, "disabled", again) : null;
}

/** Ask, and delete; whether it was done. */
export async function deleteUser(slug: string, user: User): Promise<boolean> {
  const sure = await confirm({
    title: `Delete user — ${user.name}`,
    body: [
      `This permanently deletes the login ${user.username}. Its extensions stay and become free. This cannot be undone.`,
      "Delete accounts created in error. When somebody leaves, disable the login instead.",
    ],
    typed: user.username,
    typedLabel: `Type the username ${user.username} to confirm`,
    action: "Delete permanently",
    danger: true,
  });
  if (!sure) return false;
  await api.delete(path`/v1/tenants/${slug}/users/${user.username}`, undefined, { ifMatch: user.version });
  toasts.say(`User ${user.username} deleted.`);
  return true;
}
