import { api } from "$shared/api/client";
import type { User } from "$shared/api/types";
import { confirm } from "$shared/confirming.svelte";
import { toasts } from "$shared/toasts.svelte";

/** `list` is the path of a tenant's users, or of the operators. */
export function placeOf(list: string, user: { username: string }): string {
  return `${list}/${encodeURIComponent(user.username)}`;
}

/** What the sign-in field takes for this login. */
export function signsInAs(user: User): string {
  return user.owner || !user.tenant ? user.username : `${user.tenant}/${user.username}`;
}

/** Revoke a login or give it back, with the way back. */
export async function setStatus(list: string, user: User, status: "active" | "disabled", again: () => unknown): Promise<User> {
  const now = await api.patch<User>(placeOf(list, user), { status }, { ifMatch: user.version });
  toasts.say(`${now.name} ${status === "disabled" ? "disabled" : "enabled"}.`, async () => {
    await setStatus(list, now, status === "disabled" ? "active" : "disabled", again);
    again();
  });
  return now;
}

/** Ask, and revoke; what the user is then, or null. */
export async function disableUser(list: string, user: User, again: () => unknown): Promise<User | null> {
  const sure = await confirm({
    title: `Disable ${user.name}`,
    body: ["The login is revoked now and every session of it ends.", user.tenant ? "The record and its extensions stay: the number keeps working and can be linked to somebody else." : "The record stays."],
    action: "Disable",
    danger: true,
  });
  return sure ? setStatus(list, user, "disabled", again) : null;
}

/** Ask, and delete; whether it was done. */
export async function deleteUser(list: string, user: User): Promise<boolean> {
  const sure = await confirm({
    title: `Delete user — ${user.name}`,
    body: [
      `This permanently deletes the login ${user.username}. ${user.tenant ? "Its extensions stay and become free. " : ""}This cannot be undone.`,
      "Delete accounts created in error. When somebody leaves, disable the login instead.",
    ],
    typed: user.username,
    typedLabel: `Type the username ${user.username} to confirm`,
    action: "Delete permanently",
    danger: true,
  });
  if (!sure) return false;
  await api.delete(placeOf(list, user), undefined, { ifMatch: user.version });
  toasts.say(`User ${user.username} deleted.`);
  return true;
}
