/** Who is signed in. The access token stays in memory; the refresh cookie is the browser's alone. */

import { ApiError, api, bearer, forget, keep, renew, whenEnded } from "./client";
import type { Me, Tier, Token } from "./types";

export type Standing = "starting" | "out" | "in" | "unreachable";

class Session {
  standing = $state<Standing>("starting");
  me = $state<Me | null>(null);
  /** Why the sign-in card is shown again. */
  farewell = $state("");

  #tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("byondvoice") : null;

  constructor() {
    whenEnded(() => this.#end("Your session has ended. Sign in again."));
    this.#tabs?.addEventListener("message", (event: MessageEvent<string>) => {
      if (event.data === "signed out" && this.standing === "in") this.#end("You have signed out.");
      if (event.data === "signed in" && this.standing === "out") void this.start();
    });
  }

  get tier(): Tier {
    return this.me?.tier ?? "user";
  }

  get platform(): boolean {
    return this.tier === "platform";
  }

  get reseller(): boolean {
    return this.tier === "reseller";
  }

  get tenantTier(): boolean {
    return this.tier === "tenant";
  }

  /** Go on with the login that this browser holds, if it holds one. */
  async start(): Promise<void> {
    try {
      if (await renew()) await this.#enter();
      else this.standing = "out";
    } catch (error) {
      this.standing = error instanceof ApiError && error.status < 500 ? "out" : "unreachable";
    }
  }

  async signedIn(granted: Token): Promise<void> {
    keep(granted);
    await this.#enter();
    this.#tabs?.postMessage("signed in");
  }

  async reload(): Promise<void> {
    this.me = await api.get<Me>("/v1/me");
  }

  async signOut(): Promise<void> {
    try {
      if (bearer()) await api.post("/v1/logout");
    } catch {
      // Over either way; the cookie is one that only its next use could tell.
    }
    this.#end("You have signed out.");
    this.#tabs?.postMessage("signed out");
  }

  async #enter(): Promise<void> {
    await this.reload();
    this.farewell = "";
    this.standing = "in";
  }

  #end(farewell: string): void {
    forget();
    this.me = null;
    this.farewell = farewell;
    this.standing = "out";
  }
}

export const session = new Session();
