/** The tenant that the console works in: a tenant administrator's own, else the one in the address. */

import { api, path } from "$shared/api/client";
import { session } from "$shared/api/session.svelte";
import type { Counts, HealthComponent, HealthReport, Overview, Page, Tenant, TenantOverview } from "$shared/api/types";
import { applyBrand } from "$shared/design/theme.svelte";
import { router, type Params } from "$shared/router.svelte";

class Scope {
  /** The tenant in scope as the API describes it, once it has answered. */
  tenant = $state.raw<Tenant | null>(null);
  overview = $state.raw<Overview | null>(null);
  /** The figures of the tenant in scope. */
  figures = $state.raw<TenantOverview | null>(null);
  failedMails = $state<number>();
  ill = $state.raw<HealthComponent | null>(null);
  missing = $state(false);

  get slug(): string {
    return session.me?.tenant?.slug ?? router.param("tenant");
  }

  get name(): string {
    if (session.me?.tenant) return session.me.tenant.name;
    return this.tenant?.slug === this.slug ? this.tenant.name : this.slug;
  }

  get zone(): string | null {
    return this.tenant?.slug === this.slug ? this.tenant.time_zone : (session.me?.tenant?.time_zone ?? null);
  }

  /** Whether there is a choice of tenants at all. */
  get many(): boolean {
    return session.platform || session.reseller;
  }

  /** `hosted PBX · tenant Acme Corp`. */
  line(group: string): string {
    return this.slug ? `${group} · tenant ${this.name}` : `${group} · ${this.whole}`;
  }

  /** The scope in words where no tenant is chosen. */
  get whole(): string {
    if (session.platform) return "all tenants";
    return session.me?.reseller ? `reseller ${session.me.reseller.name}` : `tenant ${this.name}`;
  }

  /** A link within the same scope. */
  href(path: string, params: Params = {}): string {
    return router.href(path, { tenant: this.#param, ...params });
  }

  go(path: string, params: Params = {}): void {
    router.follow(this.href(path, params));
  }

  get #param(): string {
    return session.me?.tenant ? "" : router.param("tenant");
  }

  async readTenant(slug: string): Promise<void> {
    if (!slug) {
      this.tenant = null;
      this.missing = false;
      return;
    }
    try {
      const tenant = await api.get<Tenant>(path`/v1/tenants/${slug}`);
      if (this.slug !== slug) return;
      this.tenant = tenant;
      this.missing = false;
    } catch {
      if (this.slug === slug && this.tenant?.slug !== slug) {
        this.tenant = null;
        this.missing = this.many;
      }
    }
  }

  /** What the rail counts: that tenant where one is chosen, else all that the caller sees. */
  get counts(): Counts {
    const whole = this.overview;
    const own = this.figures?.tenant === this.slug ? this.figures : null;
    return {
      resellers: whole?.resellers ?? undefined,
      tenants: whole?.tenants,
      users: this.slug ? own?.users : whole?.users,
      extensions: this.slug ? own?.extensions.used : whole?.extensions,
      live_calls: this.slug ? own?.live_calls.used : whole?.live_calls,
      failed_mails: this.failedMails,
    };
  }

  async readFigures(slug: string): Promise<void> {
    const within = slug ? api.get<TenantOverview>(path`/v1/tenants/${slug}/overview`) : Promise.resolve(null);
    const [whole, figures] = await Promise.allSettled([api.get<Overview>("/v1/overview"), within]);
    if (this.slug !== slug) return;
    // What could not be read stays as it was; the feed's notice says that it may be old.
    if (whole.status === "fulfilled") {
      this.overview = whole.value;
      applyBrand(whole.value.box);
      void this.#readIll(whole.value);
    }
    if (figures.status === "fulfilled") this.figures = figures.value;
  }

  /** Which component is worst off, where one is; for whoever may know. */
  async #readIll(whole: Overview): Promise<void> {
    if (whole.status === "operational") {
      this.ill = null;
      return;
    }
    try {
      const health = await api.get<HealthReport>("/v1/health");
      const components = health.groups.flatMap((group) => group.components);
      this.ill = components.find((one) => one.state === "down") ?? components.find((one) => one.state === "degraded") ?? null;
    } catch {
      this.ill = null;
    }
  }

  async readMails(): Promise<void> {
    try {
      const failed = await api.get<Page<unknown>>("/v1/mail/messages", { state: "failed", limit: 1 });
      this.failedMails = failed.page.total ?? undefined;
    } catch {
      this.failedMails = undefined;
    }
  }
}

export const scope = new Scope();

/** What the top bar says of the screen; a screen may say it more closely. */
class Crumb {
  title = $state("");
  line = $state("");

  set(title: string, line: string): void {
    this.title = title;
    this.line = line;
  }
}

export const crumb = new Crumb();
